/** A change whose script tells what it does: the host is asked before only where that must be known. */
import { describe, expect, it } from "vitest";
import { sh } from "../../src/base/script.ts";
import { tellingMark } from "../../src/base/telling.ts";
import { change, type Description } from "../../src/core/facts/change.ts";
import { defineFact, nothingElse } from "../../src/core/facts/fact.ts";
import { play } from "../../src/core/plays/play.ts";
import type { RunHooks } from "../../src/core/plays/run-hooks.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import type { Task } from "../../src/core/tasks/task.ts";
import { fail, Type } from "../../src/kit/index.ts";
import { FakeSwitches, print, runOn, turn } from "./harness.ts";

/** How a lever would go: `on`, or `stuck`. */
const leverAhead = defineFact<string, string>({
  name: "test.lever",
  restsOn: nothingElse,
  script: (names) => sh`look-ahead ${names}`,
  parse: (stdout, names) => new Map(names.map((name) => [name, stdout.toString().trim()])),
});

/** Pulls a lever, which tells where it goes; `quick` takes the switches along only where it says so. */
const pull = defineModule({
  name: "pull",
  summary: "Pulls a lever.",
  params: { name: Type.String() },
  async *plan(host, { name }) {
    let went = "nowhere";
    const described = (to: string): Description => {
      went = to;
      return { what: `pull to ${to}`, before: "off", after: to, touches: to === "far" ? ["everything"] : [] };
    };
    yield {
      ...change({ what: "pull", script: sh`pull ${name}`, touches: ["everything"] }),
      tells: {
        async ahead() {
          const to = await host.fact(leverAhead, name);
          if (to === "stuck") fail(`${name} is stuck`, "oil it");
          return described(to);
        },
        told: ([to = "nowhere"]) => described(to),
      },
    };
    return went;
  },
});

class Levers extends FakeSwitches {
  /** What a lever tells, and how it ends. */
  to: string | undefined = "on";
  status = 0;
  ahead = "on";

  override respond(script: string) {
    const [command] = (script.split("\n").at(-1) ?? "").split(" ");
    if (command === "look-ahead") return { stdout: this.ahead };
    if (command !== "pull") return super.respond(script);
    const told = this.to === undefined ? "" : `${tellingMark}${this.to}\n`;
    return { status: this.status, stdout: "creaks\n", stderr: `${told}smokes\n` };
  }

  get looks(): number {
    return this.connection.scripts.filter((script) => script.includes("look-ahead")).length;
  }
}

const all = { hosts: "all" };
const bell = print({ text: "bell" });
const pulling = play("p", all, { one: () => pull({ name: "lever" }, { notify: bell }) });

describe("a change that tells what it does", () => {
  it("is reported as it told, and the host is not asked before", async () => {
    const a = new Levers();
    let value = "";
    const { of, exitCode } = await runOn({ a }, [
      play("p", all, {
        one: async () => {
          ({ value } = await pull({ name: "lever" }));
        },
      }),
    ]);
    expect(exitCode).toBe(0);
    expect(a.looks).toBe(0);
    expect(of("task:end")[0]?.changes).toMatchObject([{ what: "pull to on", before: "off", after: "on" }]);
    expect(value).toBe("on");
    expect(of("task:output").map(({ text }) => text)).toEqual(["creaks", "smokes"]);
  });

  it.each([
    ["on", 1],
    ["far", 2],
  ])("makes stale what it told: %s", async (to, reads) => {
    const a = new Levers({ s: "1" });
    a.to = to;
    await runOn({ a }, [
      play("p", all, {
        one: async () => {
          await turn({ name: "s", to: "1" });
          await pull({ name: "lever" });
          await turn({ name: "s", to: "1" });
        },
      }),
    ]);
    expect(a.connection.scripts.filter((script) => script.includes("read-switches"))).toHaveLength(reads);
  });

  it("makes all stale that it may alter where it failed, and runs its handlers", async () => {
    const a = new Levers({ s: "1" });
    a.status = 3;
    const { of } = await runOn({ a }, [
      play("p", all, {
        one: async () => {
          await turn({ name: "s", to: "1" });
          await pull({ name: "lever" }, { notify: bell, ignoreErrors: true });
          await turn({ name: "s", to: "1" });
        },
      }),
    ]);
    expect(a.connection.scripts.filter((script) => script.includes("read-switches"))).toHaveLength(2);
    const error = of("task:end").find(({ task }) => task.module === "pull")?.error;
    expect(error).toMatchObject({
      code: "change.failed",
      message: "pull: ended with status 3",
    });
    expect(error?.details?.filter((line) => line !== "")).toEqual(["creaks", "smokes"]);
    expect(a.changes).toEqual(["print bell"]);
    expect(a.looks).toBe(0);
  });

  it("has changed nothing where it failed before it told anything: the host is asked why, and no handler runs", async () => {
    const a = new Levers();
    Object.assign(a, { status: 3, to: undefined, ahead: "stuck" });
    const { of } = await runOn({ a }, [pulling]);
    expect(of("task:end")[0]).toMatchObject({
      status: "failed",
      changes: [],
      error: { code: "task.failed", message: "lever is stuck", hint: "oil it" },
    });
    expect(a.changes).toEqual([]);
    expect(a.looks).toBe(1);
  });

  it("says how it failed where nothing is found that speaks against it", async () => {
    const a = new Levers();
    Object.assign(a, { status: 3, to: undefined });
    const { of } = await runOn({ a }, [pulling]);
    expect(of("task:end")[0]?.error).toMatchObject({
      code: "change.failed",
      message: "pull: ended with status 3",
    });
    expect(a.changes).toEqual([]);
  });

  it("is foreseen in a check, and refused there", async () => {
    const a = new Levers();
    const { of } = await runOn({ a }, [pulling], { check: true });
    expect(of("task:end")[0]?.changes).toMatchObject([{ what: "pull to on", after: "on" }]);
    const b = new Levers();
    b.ahead = "stuck";
    const refused = await runOn({ b }, [pulling], { check: true });
    expect(refused.of("task:end")[0]?.error?.message).toBe("lever is stuck");
    expect([a, b].flatMap(({ changes }) => changes)).toEqual([]);
  });

  it("costs no round trip of its own where a batch is checked", async () => {
    const checked = async (second: Task<unknown>) => {
      const a = new Levers();
      await runOn({ a }, [play("p", all, { one: () => batch([turn({ name: "s", to: "1" }), second]) })], {
        check: true,
      });
      return a.connection.writes;
    };
    expect(await checked(pull({ name: "lever" }))).toBe(await checked(turn({ name: "t", to: "1" })));
  });

  it("is foreseen where something may refuse it before it is made", async () => {
    const a = new Levers();
    const seen: string[] = [];
    const hooks: RunHooks = { beforeChange: (_, { what }) => void seen.push(what) };
    await runOn({ a }, [pulling], { hooks });
    expect(seen).toContain("pull to on");
    expect(a.looks).toBe(1);
  });

  it("alters no more than its task's author says, where it could alter anything", async () => {
    const a = new Levers({ s: "1" });
    a.to = "far";
    await runOn({ a }, [
      play("p", all, {
        one: async () => {
          await turn({ name: "s", to: "1" });
          await pull({ name: "lever" }, { touches: ["/srv/lever"] });
          await turn({ name: "s", to: "1" });
        },
      }),
    ]);
    expect(a.connection.scripts.filter((script) => script.includes("read-switches"))).toHaveLength(1);
  });
});
