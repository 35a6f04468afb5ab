/** One secret through modules, failures and reporters: it must be found nowhere, in none of its spellings. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { sh } from "../../src/base/script.ts";
import { secret } from "../../src/base/secret.ts";
import { hostVars, inventoryList } from "../../src/cli/inventory-views.ts";
import { handlerFrom, pendingHandlerOf } from "../../src/core/lease/pending-handler.ts";
import { fail } from "../../src/core/tasks/fail.ts";
import { inventory } from "../../src/inventory/index.ts";
import {
  assert,
  command,
  copy,
  debug,
  http,
  lineinfile,
  mysqlUser,
  shell,
  template,
} from "../../src/modules/index.ts";
import { runHere } from "../modules/local.ts";
import { everythingSaid } from "./said.ts";

const lines = [`can'ary "one" \\ $HOME ü%`, "second-line/of+it?"];
const value = lines.join("\n");
const canary = secret(value);

/** Each also in part: a text that was cut in the middle of the secret still holds much of it. */
const spellings = [
  ...lines,
  "second-line",
  "can'ary",
  "can'\\''ary",
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  Buffer.from(value).toString("base64"),
  Buffer.from(value).toString("base64").slice(4, 30),
  Buffer.from(value).toString("base64url"),
  inspect(value).slice(1, 20),
];

const folder = mkdtempSync(join(tmpdir(), "canary-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
writeFileSync(at("page.ejs"), "password=<%= vars.password %>\n");
writeFileSync(at("old"), `before\n${value}\n`);
writeFileSync(at("wrong.ejs"), "<%= vars.password %>\n<%= vars.missing %>\n");

const login = { host: "127.0.0.1", port: 9, user: "root", password: canary };
const echo = { cmd: "cat", stdin: canary, readOnly: true } as const;

const cases: Record<string, () => PromiseLike<unknown>> = {
  "a command that prints it": () => command({ argv: ["cat"], stdin: canary }),
  "a command that fails with it": () => shell({ cmd: "cat >&2; exit 3", stdin: canary }),
  "a script that prints it from its environment": () =>
    shell({ cmd: `printf '%s' "$CANARY"; exit 1`, environment: { CANARY: canary } }),
  "base64 of it": () => shell({ cmd: "base64 -w0", stdin: canary }),
  "base64 of more than it": () => shell({ cmd: "{ printf x; cat; echo y; } | base64 -w0", stdin: canary }),
  "a read-only command that fails with it": () => shell({ ...echo, cmd: "cat; exit 1" }),
  "a command line that holds it": () => command({ argv: ["false", canary.reveal()] }),
  "copy of it": () => copy({ dest: at("copied"), content: canary }),
  "copy to a folder that isn't there": () => copy({ dest: at("no/folder/copied"), content: canary }),
  "copy that its check refuses": () =>
    copy({ dest: at("refused"), content: canary, validate: "cat %s >&2; false" }),
  "copy over a file that holds it": () => copy({ dest: at("old"), content: "after\n" }),
  "a template with it": () => template({ src: at("page.ejs"), dest: at("page"), vars: { password: canary } }),
  "a template that breaks behind it": () =>
    template({ src: at("wrong.ejs"), dest: at("wrong"), vars: { password: canary } }),
  "a line with it": () => lineinfile({ path: at("line"), line: secret(lines[1] ?? ""), create: true }),
  "http that fails": () =>
    http({ url: "http://127.0.0.1:9/", user: "me", password: canary, body: canary, headers: { a: "b" } }),
  "a mysql login that fails": () => mysqlUser({ name: "site", password: canary, login }),
  "debug of it": () => debug({ message: { deep: [canary, value] } }),
  "debug of its text": () => debug({ message: `it is ${value}` }),
  "an assertion with it": () => assert({ that: false, message: `not ${value}` }),
  "a step that fails with it": async () => fail(`no: ${value}`, value),
  "a step that throws it": async () => {
    throw new Error(`thrown ${value}`);
  },
  "an output that is read": async () => {
    const { value: read } = await shell(echo);
    await debug({ message: read });
  },
};

describe("a secret is said nowhere", () => {
  for (const [name, body] of Object.entries(cases))
    it(`in ${name}, planned or run`, async () => {
      for (const check of [true, false]) {
        const said = await everythingSaid((await runHere(body, { check })).events);
        expect(spellings.filter((spelling) => said.includes(spelling))).toEqual([]);
        // the secret was in what these say
        if (!check && /command|script|base64|debug|assertion|step|output|check/.test(name))
          expect(said).toContain("********");
      }
    });

  it("by a pending handler, which is written down on the host", () => {
    const tasks = [
      command({ argv: ["cat"], stdin: canary }),
      shell({ cmd: `: ${value}` }, { name: `say ${value}` }),
      shell({ cmd: sh`: ${value}` }),
      command({ argv: ["env"] }, { environment: { CANARY: value } }),
    ];
    const pendingHandlers = tasks.map((task) =>
      pendingHandlerOf({ task, become: { user: "root" } }, { playbook: "site", play: "web" }),
    );
    expect(spellings.filter((spelling) => JSON.stringify(pendingHandlers).includes(spelling))).toEqual([]);
    expect(pendingHandlers.map(({ task }) => task)).toEqual(tasks.map(() => undefined));
    const [plain] = [
      pendingHandlerOf(
        { task: command({ argv: ["true"] }), become: undefined },
        { playbook: "site", play: "web" },
      ),
    ];
    expect(plain.task).toMatchObject({ params: { argv: ["true"] } });
  });

  it("by a pending handler, which can't have files of this machine copied", () => {
    const handler = { task: copy({ src: at("old"), dest: "/srv/old" }), become: undefined };
    const pending = pendingHandlerOf(handler, { playbook: "site", play: "web" });
    expect(pending.task).toBeUndefined();
    const forged = { params: { src: "/etc/shadow", dest: "/srv/taken" }, options: {} };
    expect(handlerFrom({ ...pending, task: forged })).toBeUndefined();
    const harmless = { params: { cmd: "true" }, options: { become: true, umask: "027" } };
    expect(handlerFrom({ ...pending, module: "shell", task: harmless })?.options).toEqual({ umask: "027" });
  });

  it("by the views of an inventory", () => {
    const made = inventory({
      settings: { password: canary, becomePassword: value },
      vars: { canary, text: value, deep: [{ canary }] },
      hosts: { here: {} },
    });
    const said = JSON.stringify([inventoryList(made), hostVars(made.host("here"))]);
    expect(spellings.filter((spelling) => said.includes(spelling))).toEqual([]);
    expect(inspect(canary) + JSON.stringify({ canary })).not.toContain("second-line");
  });
});
