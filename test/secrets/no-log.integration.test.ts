/** `noLog`: what a task prints, changes and complains of is said nowhere, also where nobody knows that it is secret. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { pendingHandlerOf } from "../../src/core/lease/pending-handler.ts";
import { newSalt } from "../../src/core/plans/plan-file.ts";
import { PlanRecorder } from "../../src/core/plans/plan-record.ts";
import type { TaskOptions } from "../../src/core/tasks/task.ts";
import { assert, command, copy, debug, http, lineinfile, shell } from "../../src/modules/index.ts";
import { type HereOptions, runHere } from "../modules/local.ts";
import { everythingSaid } from "./said.ts";

const folder = mkdtempSync(join(tmpdir(), "no-log-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const word = "no-one-is-to-see-this";

type Body = (options: TaskOptions) => PromiseLike<unknown>;

const cases: Record<string, Body> = {
  "a command line": (options) => command({ argv: ["echo", word] }, options),
  "a command line that only reads": (options) => command({ argv: ["echo", word], readOnly: true }, options),
  "a script": (options) => shell({ cmd: `echo ${word}; echo ${word} >&2` }, options),
  "a script that fails": (options) => shell({ cmd: `echo ${word} >&2; exit 3` }, options),
  "a script that is tried again": (options) =>
    shell({ cmd: `echo ${word} >&2; exit 3` }, { ...options, retries: 1, delay: 0 }),
  "a script whose failure is ignored": (options) =>
    shell({ cmd: `echo ${word} >&2; exit 3` }, { ...options, ignoreErrors: true }),
  "a failure that code catches and tells": async (options) => {
    try {
      await shell({ cmd: `echo ${word} >&2; exit 3`, readOnly: true }, options);
    } catch (error) {
      await debug({ message: error instanceof Error ? error.message : "" });
    }
  },
  "an ignored failure whose value is read": async (options) =>
    (await shell({ cmd: `echo ${word} >&2; exit 3` }, { ...options, ignoreErrors: true })).value,
  "a result that a check can't know": async (options) =>
    (await shell({ cmd: `echo ${word}` }, options)).value.status === 1,
  "a file's content": (options) => copy({ dest: at("copied"), content: `${word}\n` }, options),
  "a file's old content": (options) => copy({ dest: at("old"), content: "new\n" }, options),
  "a file that its check refuses": (options) =>
    copy({ dest: at("refused"), content: word, validate: "cat %s >&2; false" }, options),
  "a line": (options) => lineinfile({ path: at("lines"), line: word, create: true }, options),
  "a message": (options) => debug({ message: word }, options),
  "an assertion": (options) => assert({ that: false, message: word }, options),
  "a URL": (options) => http({ url: `http://127.0.0.1:9/?token=${word}` }, options),
};

/** All that is said of it, planned and run; and its plan. */
async function said(body: Body, options: TaskOptions, more: HereOptions = {}): Promise<string> {
  for (const name of ["copied", "lines"]) rmSync(at(name), { force: true });
  writeFileSync(at("old"), `${word}\n`);
  const recorder = new PlanRecorder(newSalt());
  const planned = await runHere(() => body(options), { ...more, check: true, hooks: recorder });
  const ran = await runHere(() => body(options), more);
  return [await everythingSaid([...planned.events, ...ran.events]), JSON.stringify(recorder.plan)].join("\n");
}

it.each(Object.entries(cases))("says nothing of %s", async (name, body) => {
  for (const text of [await said(body, { noLog: true }), await said(body, {}, { noLog: true })])
    expect(text).not.toContain(word);
  // without it, it would
  expect(await said(body, { noLog: false }, { noLog: true }), name).toContain(word);
});

it("says how the task is called and how it ended, and why no more is said", async () => {
  const failing = () => shell({ cmd: `echo ${word} >&2; exit 3` }, { noLog: true, name: "sets the token" });
  const { events, error } = await runHere(failing);
  expect(events).toContainEqual(
    expect.objectContaining({
      type: "task:end",
      status: "failed",
      task: expect.objectContaining({ title: "sets the token" }),
    }),
  );
  expect(error).toMatchObject({
    code: "change.failed",
    message: "the task failed; its details are hidden because of noLog",
    hint: expect.stringContaining("leave noLog out"),
    details: [],
  });
  const changed = await runHere(() => copy({ dest: at("told"), content: word }, { noLog: true }));
  expect(changed.told).toEqual(["copy changed hidden by noLog"]);
  expect(await everythingSaid(changed.events)).toContain(`copy ${at("told")}: hidden by noLog`);
});

it("leaves code its result", async () => {
  let seen = "";
  await runHere(async () => {
    seen = (await shell({ cmd: `printf ${word}`, readOnly: true }, { noLog: true })).value.stdout;
  });
  expect(seen).toBe(word);
});

it("keeps a pending handler off the host, but for the module's name", () => {
  const task = shell({ cmd: `echo ${word}` }, { noLog: true });
  const pendingHandlers = [
    pendingHandlerOf({ task, become: undefined }, { playbook: "site", play: "web" }),
    pendingHandlerOf(
      { task: shell({ cmd: `echo ${word}` }), become: undefined, hidden: true },
      { playbook: "site", play: "web" },
    ),
  ];
  expect(JSON.stringify(pendingHandlers)).not.toContain(word);
});
