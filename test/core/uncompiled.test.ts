/** What the compiler refuses, in a playbook that nobody compiled. */
import { describe, expect, it } from "vitest";
import { Type } from "../../src/base/schema.ts";
import { play, playbook } from "../../src/core/plays/play.ts";
import { step } from "../../src/core/plays/step.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { defineRole } from "../../src/core/steps/role.ts";
import { FakeSwitches, print, runOn, turn } from "./harness.ts";

const all = { hosts: "all" };
const one = { one: async () => undefined };
const light = () => turn({ name: "light", to: "on" });

describe("a playbook that nobody compiled", () => {
  it.each([
    ["a play in place of a list", playbook, [play("p", all, one)], "expected a list of plays, got a play"],
    ["a play made by hand", playbook, [[{ name: "p", hosts: "all", tasks: [] }]], "got one with an object"],
    ["a play without a name", play, [all, one], "play: expected its name first, got an object"],
    ["a play without options", play, ["p"], 'play "p": expected its options, got nothing'],
    ["a play without hosts", play, ["p", {}, one], "hosts: expected a host pattern, got nothing"],
    ["a play without steps", play, ["p", all], "expected its steps by name, got nothing"],
    ["steps in a list", play, ["p", all, [one.one]], "expected its steps by name, got a list"],
    [
      "a task in place of a step",
      play,
      ["p", all, { one: light() }],
      "step one: expected a function with its body, got turn light",
    ],
    [
      "a type that is none",
      play,
      ["p", { ...all, vars: { port: String } }, one],
      "port: expected a type, got the function String",
    ],
    [
      "a type's name",
      play,
      ["p", { ...all, vars: { port: "string" } }, one],
      'port: expected a type, got "string"',
    ],
    ["a batch of one", batch, [light()], "batch: expected a list of tasks, got turn light"],
    ["a batch with a promise", batch, [[light(), Promise.resolve()]], "got one with an object"],
    [
      "a handler's name",
      turn,
      [{ name: "a", to: "b" }, { notify: "restart a" }],
      'turn a: notify: expected a task, got "restart a"',
    ],
    [
      "handlers' names",
      turn,
      [{ name: "a", to: "b" }, { notify: [light(), "x"] }],
      'notify: expected a task, got "x"',
    ],
  ])("is told of %s, with its line", (_, make, given, message) => {
    expect(() => Reflect.apply(make, undefined, given)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message),
        location: expect.objectContaining({ file: expect.stringContaining("uncompiled.test.ts") }),
        hint: expect.any(String),
      }),
    );
  });

  const task = (options: unknown) => [turn, [{ name: "a", to: "b" }, options]] as const;
  const options = (more: object) => [play, ["p", { ...all, ...more }, one]] as const;

  it.each([
    [task({ ignoreErrors: "yes" }), 'turn a: ignoreErrors: expected true or false, got "yes"'],
    [task({ ignoreUnreachable: null }), "turn a: ignoreUnreachable: expected true or false, got null"],
    [task({ name: 5 }), "turn 5: name: expected a text, got 5"],
    [task({ become: "" }), `turn a: become: expected true, false or a user's name, got ""`],
    [task({ retries: "3" }), 'turn a: retries: expected a whole number from 0, got "3"'],
    [task({ delay: null }), "turn a: delay: expected a time such as 5"],
    [task({ timeout: "30d" }), 'or "10m" (in ms, s, m or h; at most 24 days), above 0, got "30d"'],
    [task({ until: true }), "turn a: until: expected a function of the result, got true"],
    [task({ failedWhen: "no" }), 'failedWhen: expected true, false or a function of the result, got "no"'],
    [
      task({ touches: "nothing" }),
      'turn a: touches: expected a list of absolute paths, { unit: "…" } and { package: "…" }, got "nothing"',
    ],
    [task({ touches: ["etc/app"] }), 'and { package: "…" }, got "etc/app"'],
    [task({ touches: [{ unit: "a", package: "b" }] }), 'and { package: "…" }, got an object'],
    [task({ touches: [{ unit: "" }] }), 'and { package: "…" }, got an object'],
    [task({ touches: ["/etc/*"] }), 'and { package: "…" }, got "/etc/*"'],
    [task({ touches: [{ unit: "app@*" }] }), 'and { package: "…" }, got an object'],
    [task({ touches: [{ package: "curl=7.88" }] }), 'and { package: "…" }, got an object'],
    [task({ touches: [{ service: "a" }] }), 'and { package: "…" }, got an object'],
    [task({ touches: null }), 'and { package: "…" }, got null'],
    [task({ environment: { A: undefined } }), "environment.A: expected a string or a secret, got nothing"],
    [task(null), "turn a: expected its options, got null"],
    [task("sudo"), 'turn a: expected its options, got "sudo"'],
    [options({ anyErrorsFatal: "yes" }), 'play "p": anyErrorsFatal: expected true or false, got "yes"'],
    [options({ ignoreUnreachable: 1 }), 'play "p": ignoreUnreachable: expected true or false, got 1'],
    [
      options({ maxFailPercentage: "30" }),
      'play "p": maxFailPercentage: expected a number from 0 to 100, got "30"',
    ],
    [options({ serial: null }), 'serial: expected a whole number above 0 or a share such as "25%", got null'],
    [options({ serial: [1, [2]] }), 'or a share such as "25%", got a list'],
    [
      options({ order: "up" }),
      'order: expected "inventory", "reverseInventory", "sorted", "reverseSorted" or "shuffle"',
    ],
    [options({ become: "" }), `play "p": become: expected true, false or a user's name, got ""`],
    [[step, [{ tag: ["x"] }, one.one]], 'step: there is no option tag (did you mean "tags"?)'],
    [[step, [one.one]], "step: expected its options, got the function one"],
    [[step, [{}]], "step: expected its options and then a function that does it, got nothing"],
  ] as const)("is told what option is none, with its line: %#", ([make, given], message) => {
    expect(() => Reflect.apply(make, undefined, given)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message),
        location: expect.objectContaining({ file: expect.stringContaining("uncompiled.test.ts") }),
      }),
    );
  });

  const run = async (body: Parameters<typeof play>[2][string]) => {
    const a = new FakeSwitches({ light: "off" });
    const vars = { domain: Type.Optional(Type.String()) };
    const ran = await runOn({ a }, [play("p", { ...all, vars }, { one: body })]);
    return { error: ran.of("host:failed")[0]?.error, changes: a.changes };
  };
  const here = expect.objectContaining({ file: expect.stringContaining("uncompiled.test.ts") });

  it("writes no undeclared variable into a file as undefined", async () => {
    const { error, changes } = await run(async ({ vars }) => {
      await print({ text: `serves ${Reflect.get(vars, "domian")}` });
    });
    expect(error).toMatchObject({
      message: 'the play "p": vars has no domian (did you mean "domain"?)',
      hint: "declare it: vars: { domian: Type.String() }",
      location: here,
    });
    expect(changes).toEqual([]);
    const role = defineRole({ name: "r", vars: {}, run: async ({ vars }) => void Reflect.get(vars, "port") });
    expect((await run(() => role({}))).error?.message).toBe("the role r: vars has no port");
  });

  it("leaves a declared variable that has no value undefined, and its variables printable", async () => {
    const { error, changes } = await run(async ({ vars }) => {
      await print({ text: `${JSON.stringify(vars)} ${Reflect.get(vars, "domain")} ${Object.keys(vars)}` });
      await Promise.resolve(vars);
    });
    expect(error).toBeUndefined();
    expect(changes).toEqual(["print {} undefined "]);
  });

  it("is told so by a task's own conditions, and the task is not done again", async () => {
    for (const option of ["changedWhen", "failedWhen", "until"]) {
      const options = { [option]: (result: object) => Reflect.get(result, "rc") === 0, retries: 3, delay: 0 };
      const { error, changes } = await run(() => print({ text: "hello" }, options));
      expect(error?.message).toBe(`${option}: the result of print hello has no rc`);
      expect(changes).toEqual(["print hello"]);
    }
  });

  it("is told of a bug in them, with its line, and the task is not done again", async () => {
    for (const option of ["changedWhen", "failedWhen", "until"]) {
      const options = {
        [option]: (result: object) => Reflect.get(result, "value").nope.deep,
        retries: 3,
        delay: 0,
      };
      const { error, changes } = await run(() => print({ text: "hello" }, options));
      expect(error?.message).toBe(
        `${option}: TypeError: Cannot read properties of undefined (reading 'deep')`,
      );
      expect(error?.location).toEqual(here);
      expect(changes).toEqual(["print hello"]);
    }
  });

  it("is told that what a module gives is in the result's value", async () => {
    const { error } = await run(async () => {
      const result = await print({ text: "hello" });
      await print({ text: `${Reflect.get(result, "stdout")}` });
    });
    expect(error).toMatchObject({
      message: "the result of print hello has no stdout",
      hint: "what a module gives is in the result's value: result.value.stdout",
      location: here,
    });
  });
});
