/** Which steps are run: tags, where to start, and asking. */
import { describe, expect, it } from "vitest";
import { Type } from "../../src/base/schema.ts";
import type { StepAnswer } from "../../src/core/plays/confirm.ts";
import { play } from "../../src/core/plays/play.ts";
import { type Selection, selectSteps } from "../../src/core/plays/selection.ts";
import { step } from "../../src/core/plays/step.ts";
import { isTagged } from "../../src/core/plays/tags.ts";
import { FakeSwitches, runOn } from "./harness.ts";

describe("a step", () => {
  it.each<[string[], Selection, boolean]>([
    [[], {}, true],
    [["web"], {}, true],
    [["never"], {}, false],
    [["never", "web"], {}, false],
    [["always"], {}, true],
    [["web"], { tags: ["web"] }, true],
    [["web", "db"], { tags: ["db", "x"] }, true],
    [["web"], { tags: ["db"] }, false],
    [[], { tags: ["db"] }, false],
    [["always"], { tags: ["db"] }, true],
    [["never"], { tags: ["never"] }, true],
    [["never", "db"], { tags: ["db"] }, true],
    [["never"], { tags: ["all"] }, false],
    [["web"], { tags: ["all"] }, true],
    [["web"], { tags: ["tagged"] }, true],
    [[], { tags: ["tagged"] }, false],
    [["never"], { tags: ["tagged"] }, false],
    [[], { tags: ["untagged"] }, true],
    [["web"], { tags: ["untagged"] }, false],
    [["web"], { skipTags: ["web"] }, false],
    [["web"], { skipTags: ["db"] }, true],
    [[], { skipTags: ["db"] }, true],
    [["web"], { tags: ["web"], skipTags: ["web"] }, false],
    [["always"], { skipTags: ["always"] }, false],
    [["always", "web"], { skipTags: ["web"] }, false],
    [["always"], { skipTags: ["all"] }, true],
    [["web"], { skipTags: ["all"] }, false],
    [["web"], { skipTags: ["tagged"] }, false],
    [[], { skipTags: ["tagged"] }, true],
    [[], { skipTags: ["untagged"] }, false],
  ])("tagged %j with %j: %s", (own, selection, expected) => {
    expect(isTagged(own, selection)).toBe(expected);
  });
});

describe("a play that was not compiled", () => {
  it.each([
    [{ tags: "web" }, 'the play "p": tags: expected a list, got "web"'],
    [{ strategy: "host_pinned" }, 'play "p": strategy: expected "linear" or "free", got "host_pinned"'],
  ])("is refused with %j", (options, message) => {
    // @ts-expect-error these are no options of a play
    expect(() => play("p", { hosts: "all", ...options }, { base: nothing })).toThrow(message);
  });
});

const nothing = async () => undefined;
const plays = [
  play(
    "web",
    { hosts: "all", tags: ["web"] },
    { base: nothing, nginx: step({ tags: ["config"] }, nothing), wipe: step({ tags: ["never"] }, nothing) },
  ),
  play("db", { hosts: "all" }, { base: nothing, mysql: step({ tags: ["config"] }, nothing) }),
];

function selected(selection: Selection): string {
  return selectSteps(plays, selection)
    .map(({ name, steps }) => `${name}: ${steps.join(" ")}`)
    .join("; ");
}

describe("the steps of a playbook", () => {
  it.each<[Selection, string]>([
    [{}, "web: base nginx; db: base mysql"],
    [{ tags: ["web"] }, "web: base nginx wipe"],
    [{ tags: ["config"] }, "web: nginx; db: mysql"],
    [{ skipTags: ["config"] }, "web: base; db: base"],
    [{ tags: ["web"], skipTags: ["config", "never"] }, "web: base"],
    [{ startAt: "nginx" }, "web: nginx; db: base mysql"],
    [{ startAt: "base" }, "web: base nginx; db: base mysql"],
    [{ startAt: "db/base" }, "db: base mysql"],
    [{ startAt: "mysql", tags: ["config"] }, "db: mysql"],
  ])("by %j are %s", (selection, expected) => {
    expect(selected(selection)).toBe(expected);
  });

  it.each<[Selection, string]>([
    [{ tags: ["confg"] }, 'no play and no step has the tag "confg" (did you mean "config"?)'],
    [{ skipTags: ["x-ray"] }, 'no play and no step has the tag "x-ray"'],
    [{ startAt: "mysq" }, 'there is no step "mysq" to start at (did you mean "mysql"?)'],
    [{ startAt: "mysql", tags: ["web"] }, "the tags leave no step to run"],
  ])("by %j are refused: %s", (selection, message) => {
    expect(() => selected(selection)).toThrow(message);
  });

  it.each(["two words", "a,b", "", "all", "tagged"])("can't be tagged %j", (tag) => {
    expect(() => play("p", { hosts: "all" }, { one: step({ tags: [tag] }, nothing) })).toThrow(
      "can't be a tag",
    );
    expect(() => play("p", { hosts: "all", tags: [tag] }, { one: nothing })).toThrow("can't be a tag");
  });
});

describe("a run", () => {
  it("does the selected steps only, and needs no variables for plays that have none of them", async () => {
    const log: string[] = [];
    const ran = await runOn(
      { a: new FakeSwitches() },
      [
        play(
          "needy",
          { hosts: "all", vars: { port: Type.Integer() } },
          { one: async () => void log.push("needy") },
        ),
        play(
          "p",
          { hosts: "all" },
          {
            one: async () => void log.push("one"),
            two: step({ tags: ["x"] }, async ({ host }) => void log.push(`two on ${host.name}`)),
          },
        ),
      ],
      { selection: { tags: ["x"] } },
    );
    expect(log).toEqual(["two on a"]);
    expect(ran.of("play:start").map(({ steps }) => steps)).toEqual([["two"]]);
  });

  it.each<[string, StepAnswer[], string]>([
    ["yes to all", ["yes", "yes", "yes"], "1 2 3"],
    ["no to one", ["yes", "no", "yes"], "1 3"],
    ["continue", ["no", "continue"], "2 3"],
  ])("asks before each step: %s", async (_, answers, expected) => {
    for (const strategy of ["linear", "free"] as const) {
      const left = [...answers];
      const asked: string[] = [];
      const log = new Set<string>();
      const steps = {
        "1": async () => void log.add("1"),
        "2": async () => void log.add("2"),
        "3": async () => void log.add("3"),
      };
      const ran = await runOn(
        { a: new FakeSwitches(), b: new FakeSwitches() },
        [play("p", { hosts: "all", strategy }, steps)],
        {
          confirmStep: async ({ play, step, hosts }) => {
            asked.push(`${play}/${step} ${hosts.join(" ")}`);
            return left.shift() ?? "no";
          },
        },
      );
      expect([...log].join(" "), strategy).toBe(expected);
      expect(asked[0]).toBe("p/1 a b");
      expect(asked, strategy).toHaveLength(answers.length);
      expect(ran.of("step:start").map(({ step }) => step)).toEqual(expected.split(" "));
    }
  });

  it("that is interrupted waits for no answer", async () => {
    const interrupt = new AbortController();
    const ran = await runOn({ a: new FakeSwitches() }, [play("p", { hosts: "all" }, { one: nothing })], {
      signal: interrupt.signal,
      confirmStep: () => {
        interrupt.abort();
        return new Promise(() => undefined);
      },
    });
    expect(ran.of("step:start")).toEqual([]);
    expect(ran.exitCode).toBe(99);
  });
});
