/** `changedWhen` and `failedWhen`, on this machine and on fake hosts. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { sh } from "../../src/base/script.ts";
import { play } from "../../src/core/plays/play.ts";
import type { Condition } from "../../src/core/tasks/task.ts";
import { type CommandValue, command, copy, debug, shell } from "../../src/modules/index.ts";
import { runHere } from "../modules/local.ts";
import { expectSwitch, FakeSwitches, print, runOn, turn } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "conditions-"));
const log = join(folder, "log");
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(log, { force: true }));

const handler = () => debug({ message: "notified" }, { name: "handler" });
const lightOn = () => new FakeSwitches({ light: "on" });

describe("changedWhen", () => {
  it.each<[string, Condition<CommandValue>, readonly string[]]>([
    ["false", false, ["shell ok"]],
    ["true", true, ["shell changed run", "debug ok"]],
    [
      "what it printed, which holds",
      ({ value }) => value.stdout === "1 new\n",
      ["shell changed run", "debug ok"],
    ],
    ["what it printed, which does not", ({ value }) => value.stdout !== "1 new\n", ["shell ok"]],
    [
      "the module's own result",
      ({ changed, failed }) => changed && !failed,
      ["shell changed run", "debug ok"],
    ],
  ])("decides whether a task has changed anything and notifies: %s", async (_, changedWhen, told) => {
    const ran = await runHere(() => shell({ cmd: "echo 1 new" }, { changedWhen, notify: handler() }));
    expect(ran.told).toEqual(told);
  });

  it("counts as changed what was right already, where it says so", async () => {
    const task = () => command({ argv: ["true"], creates: "/" }, { changedWhen: true, notify: handler() });
    const ran = await runHere(async () => {
      expect((await task()).changed).toBe(true);
    });
    expect(ran.told).toEqual(["command changed", "debug ok"]);
  });

  it("notifies nobody where a failed task had changed nothing by its account", async () => {
    const fails = (text: string) =>
      shell(
        { cmd: `echo ${text}; exit 1` },
        { changedWhen: ({ value }) => value.stdout !== "none\n", notify: handler(), ignoreErrors: true },
      );
    expect((await runHere(() => fails("none"))).told).toEqual(["shell failed"]);
    expect((await runHere(() => fails("some"))).told).toEqual(["shell failed run", "debug ok"]);
  });

  it("notifies where it could not be asked, since nobody knows that it would not hold", async () => {
    const options = { changedWhen: () => JSON.parse("{"), notify: handler(), ignoreErrors: true };
    const throws = await runHere(() => shell({ cmd: "true" }, options));
    expect(throws.told).toEqual(["shell failed run", "debug ok"]);
    const a = new FakeSwitches();
    a.dieOn = /print/;
    const lost = await runOn({ a }, [
      play(
        "p",
        { hosts: "all", ignoreUnreachable: true },
        {
          s: async () => {
            await print({ text: "x" }, { changedWhen: ({ value }) => value !== "", notify: handler() });
          },
        },
      ),
    ]);
    expect(lost.of("message").map(({ text }) => text)).toEqual(["notified"]);
  });

  it.each<[string, Condition<unknown>]>([
    ["asks for the module's own result", ({ changed }) => changed],
    ["asks for its value", ({ value }) => value !== ""],
  ])("goes by whether a change that failed may have had an effect, where it %s", async (_, changedWhen) => {
    const options = { changedWhen, notify: handler(), ignoreErrors: true };
    const refused = await runHere(() =>
      copy({ dest: join(folder, "refused"), content: "x", validate: "false %s" }, options),
    );
    expect(refused.told).toEqual(["copy failed"]);
    const a = new FakeSwitches();
    a.failOn = /^turn/m;
    const halfWay = await runOn({ a }, [
      play(
        "p",
        { hosts: "all" },
        {
          s: async () => {
            await turn({ name: "light", to: "on" }, options);
          },
        },
      ),
    ]);
    expect(halfWay.of("message").map(({ text }) => text)).toEqual(["notified"]);
  });

  it("keeps what an earlier try has changed", async () => {
    const ran = await runHere(() =>
      shell(
        { cmd: sh`echo x >>${log}; wc -l <${log}` },
        {
          changedWhen: ({ value }) => value.stdout.trim() === "1",
          until: ({ value }) => value.stdout.trim() === "2",
          retries: 3,
          delay: "1ms",
          notify: handler(),
        },
      ),
    );
    expect(ran.told).toEqual(["shell changed run run", "debug ok"]);
  });
});

describe("failedWhen", () => {
  const grep = (status: number) => ({ argv: ["sh", "-c", `echo said; exit ${status}`] });

  it.each([false, true])("judges a command by its value (one that only reads: %s)", async (readOnly) => {
    const statuses: number[] = [];
    const run = (status: number) =>
      runHere(async () => {
        const { value, failed } = await command(
          { ...grep(status), readOnly },
          { failedWhen: (result) => result.value.status > 1 },
        );
        statuses.push(value.status);
        expect(failed).toBe(false);
      });
    expect((await run(0)).error).toBeUndefined();
    expect((await run(1)).error).toBeUndefined();
    const { error } = await run(2);
    expect(error).toMatchObject({
      message: expect.stringContaining("ended with status 2"),
      details: ["said"],
    });
    expect(statuses).toEqual([0, 1]);
  });

  it("fails what went well, with what it printed and the line", async () => {
    const { error, events } = await runHere(() =>
      shell(
        { cmd: "echo 3 errors" },
        { failedWhen: ({ value, failed }) => failed || /errors/.test(value.stdout) },
      ),
    );
    expect(error).toMatchObject({
      code: "task.failed",
      message: "it failed, as its failedWhen says",
      details: ["3 errors"],
      location: { file: expect.stringContaining("conditions.integration.test.ts") },
    });
    expect(events.find(({ type }) => type === "task:end")).toMatchObject({ status: "failed" });
  });

  it("leaves a task that failed before it had a value at its failure, unless it needs no value", async () => {
    const dest = join(folder, "none", "file");
    const reads = await runHere(() =>
      copy({ dest, content: "x" }, { failedWhen: ({ value }) => value !== undefined }),
    );
    expect(reads.error?.message).toContain("does not exist");
    const never = await runHere(async () => {
      const result = await copy({ dest, content: "x" }, { failedWhen: false });
      expect(result).toMatchObject({ failed: false, changed: false, status: "ok" });
    });
    expect(never).toMatchObject({ error: undefined, told: ["copy ok"] });
  });

  it("is asked after every try, before until", async () => {
    const ran = await runHere(async () => {
      const { value } = await shell(
        { cmd: sh`echo x >>${log}; exit "$(wc -l <${log})"` },
        {
          failedWhen: ({ value: { status } }) => status < 2,
          until: ({ value: { status } }) => status > 2,
          retries: 5,
          delay: "1ms",
        },
      );
      expect(value.status).toBe(3);
    });
    expect(ran.error).toBeUndefined();
    const reasons = ran.events.flatMap((event) => (event.type === "task:retry" ? [event.reason] : []));
    expect(reasons).toEqual([
      expect.stringMatching(/: ended with status 1$/),
      "the condition does not hold yet",
    ]);
    expect(readFileSync(log, "utf8")).toBe("x\nx\nx\n");
  });

  it("does not make an unreachable host a reachable one", async () => {
    const lost = new FakeSwitches();
    lost.dieOn = /print/;
    const ran = await runOn({ a: lost }, [
      play("p", { hosts: "all" }, { s: () => print({ text: "x" }, { failedWhen: false }) }),
    ]);
    expect(ran.totals.unreachable).toBe(1);
  });
});

describe("in a check", () => {
  const check = { check: true };

  it("a task is unknown whose condition depends on what only a real run gives, and so is its handler", async () => {
    const ran = await runHere(
      () =>
        shell({ cmd: sh`: >${log}` }, { changedWhen: ({ value }) => value.stdout !== "", notify: handler() }),
      check,
    );
    expect(ran.told).toEqual(["shell unknown run", "debug unknown"]);
    expect(existsSync(log)).toBe(false);
  });

  it("an opaque task that changes nothing by its account leaves what follows certain", async () => {
    const plays = (changedWhen: boolean | undefined) => [
      play(
        "p",
        { hosts: "all" },
        {
          s: async () => {
            await print({ text: "x" }, changedWhen === undefined ? {} : { changedWhen });
            await expectSwitch({ name: "light", is: "on" });
            await turn({ name: "light", to: "off" });
          },
        },
      ),
    ];
    const believed = await runOn({ a: lightOn() }, plays(false), check);
    expect(believed.statuses).toEqual(["a print x: ok", "a expectSwitch light: ok", "a turn light: changed"]);
    const opaque = await runOn({ a: lightOn() }, plays(undefined), check);
    expect(opaque.statuses).toEqual([
      "a print x: changed",
      "a expectSwitch light: unknown",
      "a turn light: likely",
    ]);
  });

  it("a condition that needs no output is told for certain, and one on tentative facts as likely", async () => {
    const ran = await runOn(
      { a: lightOn() },
      [
        play(
          "p",
          { hosts: "all" },
          {
            s: async () => {
              await turn({ name: "light", to: "off" }, { changedWhen: ({ value }) => value.was === "off" });
              await turn({ name: "fan", to: "on" }, { changedWhen: ({ value }) => value.was === "missing" });
              await print({ text: "x" });
              await turn(
                { name: "light", to: "on" },
                { changedWhen: ({ changed }) => changed, name: "again" },
              );
            },
          },
        ),
      ],
      check,
    );
    expect(ran.statuses).toEqual([
      "a turn light: ok",
      "a turn fan: changed",
      "a print x: changed",
      "a turn again: likely",
    ]);
  });

  it("failedWhen judges what can be read, and waits for a real run with the rest", async () => {
    const read = await runHere(
      () =>
        command({ argv: ["false"], readOnly: true }, { failedWhen: ({ value: { status } }) => status === 1 }),
      check,
    );
    expect(read.error?.message).toContain("ended with status 1");
    const opaque = await runHere(
      () => shell({ cmd: "false" }, { failedWhen: ({ value: { status } }) => status === 1 }),
      check,
    );
    expect(opaque).toMatchObject({ error: undefined, told: ["shell changed run"] });
  });

  it("a failure that follows from tentative facts is unknown", async () => {
    const ran = await runOn(
      { a: lightOn() },
      [
        play(
          "p",
          { hosts: "all" },
          {
            s: async () => {
              await print({ text: "x" });
              await turn({ name: "light", to: "off" }, { failedWhen: ({ value }) => value.was === "on" });
            },
          },
        ),
      ],
      check,
    );
    expect(ran.statuses).toEqual(["a print x: changed", "a turn light: unknown"]);
  });
});

describe("mistakes in them", () => {
  it("an option among the parameters, where Ansible has it, is refused with where it belongs", () => {
    const params = JSON.parse('{"cmd": "true", "changedWhen": false}');
    expect(() => shell(params)).toThrow(
      expect.objectContaining({
        code: "params.invalid",
        message: "shell: changedWhen is an option of the task, no parameter",
        hint: "options go into the second argument: shell({ … }, { changedWhen: … })",
        location: expect.objectContaining({
          file: expect.stringContaining("conditions.integration.test.ts"),
        }),
      }),
    );
  });

  it("are told with the task's line", async () => {
    const options = JSON.parse('{"changedWhen": "stdout"}');
    expect(() => command({ argv: ["true"] }, options)).toThrow(
      /changedWhen: expected true, false or a function of the result, got "stdout"/,
    );
    const later: () => never = JSON.parse("null") ?? (async () => true);
    const waits = await runHere(() => command({ argv: ["true"] }, { failedWhen: later }));
    expect(waits.error?.message).toBe(
      "failedWhen: expected true or false, got a promise: it can't wait for anything",
    );
    const throws = await runHere(() => command({ argv: ["true"] }, { changedWhen: () => JSON.parse("{") }));
    expect(throws.error?.message).toMatch(/^changedWhen: SyntaxError/);
  });
});
