import { lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { secret } from "../../../src/base/secret.ts";
import type { FactValue } from "../../../src/core/facts/fact.ts";
import { batch } from "../../../src/core/steps/batch.ts";
import { fileRemoved, fileWritten } from "../../../src/facts/file-effects.ts";
import { type FileState, file as fact } from "../../../src/facts/files.ts";
import { self } from "../../../src/facts/self.ts";
import { lineinfile } from "../../../src/modules/index.ts";
import { idempotenceLaw, planTask } from "../../../src/testing/plan.ts";
import { runLocal, runTasks, temporaryDirectory } from "./local-run.ts";

type Params = Record<string, unknown>;

const facts = (content: string | undefined): FactValue[] => {
  const state: FileState = { type: "file", mode: "0640", owner: "deploy", group: "web" };
  return [
    ...(content === undefined ? fileRemoved("/etc/x") : fileWritten("/etc/x", { state, content })).sets,
    fact.is("/etc", { type: "directory", mode: "0755", owner: "root", group: "root" }),
    self.is("", { user: "root", group: "root" }),
  ];
};

const cases: readonly [
  what: string,
  content: string | undefined,
  params: Params,
  after: string | undefined,
][] = [
  ["a line is added", "a\n", { line: "b" }, "a\nb\n"],
  ["a line that is there is left alone", "a\nb\n", { line: "b" }, undefined],
  [
    "the last match is replaced",
    "#Port 22\nPort 22\n",
    { regexp: "^#?Port ", line: "Port 2222" },
    "#Port 22\nPort 2222\n",
  ],
  ["a line is inserted after a match", "[a]\nx\n", { line: "y", insertafter: "^\\[a\\]" }, "[a]\ny\nx\n"],
  ["a line goes before everything", "a\n", { line: "b", insertbefore: "BOF" }, "b\na\n"],
  ["groups are filled in", "x=1\n", { regexp: "^(x)=1$", line: "\\1=2", backrefs: true }, "x=2\n"],
  ["lines are removed", "a\nb\na\n", { regexp: "^a$", state: "absent" }, "b\n"],
  ["nothing is removed where nothing is", undefined, { line: "a", state: "absent" }, undefined],
  ["a file is made", undefined, { line: "a", create: true }, "a\n"],
  ["the attributes alone are set", "a\n", { line: "a", mode: "0600" }, undefined],
  [
    "an expression may say that case does not matter",
    "PORT 22\n",
    { regexp: "(?i)^port ", line: "Port 2222" },
    "Port 2222\n",
  ],
  [
    "a group may have a name",
    "x=1\n",
    { regexp: "^(?P<key>x)=1$", line: "\\g<key>=2", backrefs: true },
    "x=2\n",
  ],
  ["letters beyond ASCII match", "grüß=1\n", { regexp: "^gr.ß=", line: "grüß=2" }, "grüß=2\n"],
];

describe("lineinfile", () => {
  for (const [what, content, params, after] of cases) {
    const task = () => lineinfile.fromData({ path: "/etc/x", ...params });
    it(what, async () => {
      const { changes } = await planTask(task(), { facts: facts(content) });
      const written = changes.find((change) => change.action.kind === "write");
      const bytes = written?.action.kind === "write" ? written.action.content.toString() : undefined;
      expect(bytes).toBe(after);
      if (after !== undefined)
        expect(written?.diff).toEqual({ path: "/etc/x", before: content ?? "", after });
      if (params.mode) expect(changes.map((change) => change.what)).toEqual(["mode"]);
    });
    it(`${what}, and then all is well`, () => idempotenceLaw(task(), { facts: facts(content) }));
  }

  it("fails where there is no file", () =>
    expect(
      planTask(lineinfile({ path: "/etc/x", line: "a" }), { facts: facts(undefined) }),
    ).rejects.toMatchObject({
      message: "/etc/x does not exist on the host",
      hint: "create: true makes it",
    }));

  it("refuses to change a file on each run", () =>
    expect(
      planTask(lineinfile({ path: "/etc/x", regexp: "^a.*", line: "\\g<0>b", backrefs: true }), {
        facts: facts("a\n"),
      }),
    ).rejects.toThrow("would change the file again on each run"));

  it("shows no diff of a secret line", async () => {
    const task = lineinfile({ path: "/etc/x", regexp: "^pw=", line: secret("pw=hunter22") });
    const { changes } = await planTask(task, { facts: facts("pw=old\n") });
    expect(changes[0]?.diff).toBeUndefined();
    expect(changes[0]?.action).toMatchObject({ content: Buffer.from("pw=hunter22\n") });
  });
});

describe("lineinfile refuses, before anything runs,", () => {
  const mistakes: readonly [what: string, params: Params, message: RegExp][] = [
    ["no line", {}, /line: expected the line/],
    ["several lines", { line: "a\nb" }, /line: expected one line, got several/],
    ["an expression that is none", { line: "a", regexp: "(" }, /regexp: Invalid regular expression/],
    [
      "two places to insert",
      { line: "a", insertafter: "x", insertbefore: "y" },
      /insertafter and insertbefore exclude each other/,
    ],
    ["groups without an expression", { line: "\\1", backrefs: true }, /backrefs: needs regexp/],
    ["a removal of nothing", { state: "absent" }, /expected line or regexp, got neither/],
  ];
  for (const [what, params, message] of mistakes)
    it(what, () =>
      expect(() => lineinfile.fromData({ path: "/etc/x", ...params })).toThrow(
        expect.objectContaining({ code: "params.invalid", message: expect.stringMatching(message) }),
      ),
    );
});

describe("lineinfile on this machine", () => {
  const at = temporaryDirectory();

  it("edits one file by several tasks of a batch; planned, it is the same", async () => {
    const path = join(at, "it's $x");
    writeFileSync(path, "a=1\n", { mode: 0o600 });
    const step = () =>
      batch([
        lineinfile({ path, regexp: "^a=", line: "a=2" }),
        lineinfile({ path, line: "b=$HOME 'x' \\n" }),
        lineinfile({ path, line: "c", insertbefore: "^b" }),
        lineinfile({ path, line: "c" }),
      ]);
    const plan = await runLocal(step, { check: true });
    expect(plan.statuses).toEqual(["changed", "changed", "changed", "ok"]);
    expect(readFileSync(path, "utf8")).toBe("a=1\n");
    const run = await runLocal(step);
    expect(run.changes).toEqual(plan.changes);
    expect(readFileSync(path, "utf8")).toBe("a=2\nc\nb=$HOME 'x' \\n\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await runLocal(step);
    expect(again.statuses).toEqual(["ok", "ok", "ok", "ok"]);
    expect(again.roundTrips).toBe(1);
  });

  it("keeps bytes that are no text", async () => {
    const path = join(at, "bytes");
    writeFileSync(path, Buffer.from([0xff, 0x0a, 0x61, 0x0a, 0x00]));
    const task = () => lineinfile({ path, regexp: "^a$", line: "ü" });
    expect((await runTasks([task])).error).toBeUndefined();
    expect(readFileSync(path)).toEqual(Buffer.from([0xff, 0x0a, 0xc3, 0xbc, 0x0a, 0x00]));
  });

  it("writes through a link", async () => {
    writeFileSync(join(at, "real"), "a\n");
    symlinkSync("real", join(at, "link"));
    const task = () => lineinfile({ path: join(at, "link"), line: "b" });
    expect((await runTasks([task, task])).statuses).toEqual(["changed", "ok"]);
    expect(lstatSync(join(at, "link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(at, "real"), "utf8")).toBe("a\nb\n");
  });
});
