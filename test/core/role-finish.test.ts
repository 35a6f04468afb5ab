/** What a role does at the end of a step in which it was called. */
import { beforeEach, describe, expect, it } from "vitest";
import { Type } from "../../src/base/schema.ts";
import { play } from "../../src/core/plays/play.ts";
import { on } from "../../src/core/steps/on.ts";
import { defineRole } from "../../src/core/steps/role.ts";
import { fail } from "../../src/core/tasks/fail.ts";
import { FakeSwitches, runOn, turn } from "./harness.ts";

const finished: string[] = [];
beforeEach(() => {
  finished.length = 0;
});

const site = defineRole({
  name: "site",
  vars: { domain: Type.String() },
  run: async ({ vars }) => {
    await turn({ name: vars.domain, to: "on" });
  },
  finish: async ({ calls, owner, host }) => {
    finished.push(`${host.name}: ${owner}: ${calls.map(({ domain }) => domain).join(" ")}`);
    await turn({ name: "rest", to: "off" });
  },
});

const hosts = () => ({ one: new FakeSwitches({ rest: "on" }), two: new FakeSwitches() });

describe("a role's finish", () => {
  it.each([false, true])("is run once a step, with all calls, after its body (check: %s)", async (check) => {
    const web = async () => {
      for (const domain of ["a", "b"]) await site({ domain });
      await turn({ name: "last", to: "on" });
    };
    const ran = await runOn(
      hosts(),
      [play("web", { hosts: "one" }, { web, other: () => site({ domain: "c" }) })],
      {
        check,
      },
    );
    expect(finished).toEqual(["one: test / web / web / site: a b", "one: test / web / other / site: c"]);
    expect(ran.statuses).toEqual([
      "one turn a: changed",
      "one turn b: changed",
      "one turn last: changed",
      "one turn rest: changed",
      "one turn c: changed",
      "one turn rest: ok",
    ]);
  });

  it("is not run where the step fails, nor where the role was not called", async () => {
    const failing = async () => {
      await site({ domain: "a" });
      fail("no");
    };
    const ran = await runOn(hosts(), [
      play("web", { hosts: "one" }, { none: async () => {}, failing }),
      play("more", { hosts: "two" }, { none: async () => {} }),
    ]);
    expect(ran.exitCode).toBe(2);
    expect(finished).toEqual([]);
  });

  it("is run on the host that it was called for", async () => {
    await runOn(hosts(), [
      play("web", { hosts: "one" }, { web: () => on("two", () => site({ domain: "a" })) }),
    ]);
    expect(finished).toEqual(["two: test / web / web / site: a"]);
  });
});
