/** How a play goes through its hosts, and when a run stops. */
import { describe, expect, it } from "vitest";
import { exitCode, ShowrunnerError } from "../../src/base/errors.ts";
import type { TimedEvent } from "../../src/core/events/events.ts";
import { type PlayOptions, play } from "../../src/core/plays/play.ts";
import { on } from "../../src/core/steps/on.ts";
import { once } from "../../src/core/steps/once.ts";
import { fail } from "../../src/core/tasks/fail.ts";
import { FakeSwitches, print, runOn, turn } from "./harness.ts";

const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
const bell = print({ text: "bell" });

function fakes(names: string): Record<string, FakeSwitches> {
  return Object.fromEntries([...names].map((name) => [name, new FakeSwitches({ light: "off" })]));
}

/** Runs a play whose two steps write down who did what; the hosts in `failing` fail in the first. */
async function rolled(
  names: string,
  options: Omit<PlayOptions<Record<never, never>>, "hosts">,
  failing = "",
) {
  const log: string[] = [];
  const hosts = fakes(names);
  const ran = await runOn(hosts, [
    play(
      "rolling",
      { hosts: "all", ...options },
      {
        one: async ({ host }) => {
          log.push(`${host.name}1`);
          if (failing.includes(host.name)) fail("broken");
        },
        two: async ({ host }) => void log.push(`${host.name}2`),
      },
    ),
    play("next", { hosts: "all" }, { three: async ({ host }) => void log.push(`${host.name}3`) }),
  ]);
  return { ...ran, log: log.join(" "), hosts };
}

describe("serial", () => {
  it.each([
    [undefined, "a1 b1 c1 a2 b2 c2 a3 b3 c3"],
    [1, "a1 a2 b1 b2 c1 c2 a3 b3 c3"],
    [2, "a1 b1 a2 b2 c1 c2 a3 b3 c3"],
    ["67%", "a1 b1 a2 b2 c1 c2 a3 b3 c3"],
    [[1, 2], "a1 a2 b1 c1 b2 c2 a3 b3 c3"],
    [["1", "50%"], "a1 a2 b1 b2 c1 c2 a3 b3 c3"],
  ] as const)("%j takes that many hosts through all steps at a time", async (serial, log) => {
    expect((await rolled("abc", serial === undefined ? {} : { serial })).log).toBe(log);
  });

  it("counts the hosts that the limit leaves", async () => {
    const sizes: number[] = [];
    await runOn(fakes("abcd"), [play("p", { hosts: "all", serial: "50%" }, { one: async () => undefined })], {
      limit: "a,b",
      subscribers: [(event) => event.type === "step:start" && sizes.push(event.hosts.length)],
    });
    expect(sizes).toEqual([1, 1]);
  });

  it("names the batch in its steps' events", async () => {
    const { of } = await rolled("abc", { serial: 2 });
    expect(of("step:start").map(({ batch }) => batch?.number)).toEqual([1, 1, 2, 2, undefined]);
    expect(of("play:start").map(({ hosts }) => hosts)).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });

  it("runs a batch's handlers at its end", async () => {
    const hosts = fakes("ab");
    const ran = await runOn(hosts, [
      play(
        "p",
        { hosts: "all", serial: 1 },
        { one: () => turn({ name: "light", to: "on" }, { notify: bell }) },
      ),
    ]);
    expect(ran.statuses).toEqual([
      "a turn light: changed",
      "a print bell: changed",
      "b turn light: changed",
      "b print bell: changed",
    ]);
  });

  it("does once what is done once in every batch", async () => {
    let times = 0;
    await runOn(fakes("abcd"), [
      play("p", { hosts: "all", serial: 2 }, { one: () => once(async () => ++times) }),
    ]);
    expect(times).toBe(2);
  });

  it("goes through the hosts in the play's order", async () => {
    expect((await rolled("bca", { serial: 1, order: "sorted" })).log).toContain("a1 a2 b1 b2 c1 c2");
    expect((await rolled("bca", { serial: 2, order: "reverseInventory" })).log).toContain(
      "a1 c1 a2 c2 b1 b2",
    );
  });
});

describe("failures", () => {
  type Options = Omit<PlayOptions<Record<never, never>>, "hosts">;
  it.each<[string, Options, string, string]>([
    ["some hosts leave the others alone", {}, "a", "a1 b1 c1 d1 b2 c2 d2 b3 c3 d3"],
    ["all hosts end the run", {}, "abcd", "a1 b1 c1 d1"],
    ["a whole batch end the run", { serial: 2 }, "ab", "a1 b1"],
    ["half a batch do not", { serial: 2 }, "a", "a1 b1 b2 c1 d1 c2 d2 b3 c3 d3"],
    ["a whole batch do not at 100 %", { serial: 2, maxFailPercentage: 100 }, "ab", "a1 b1 c1 d1 c2 d2 c3 d3"],
    ["as many as allowed do not", { maxFailPercentage: 25 }, "a", "a1 b1 c1 d1 b2 c2 d2 b3 c3 d3"],
    ["more than allowed do", { maxFailPercentage: 25 }, "ab", "a1 b1 c1 d1"],
    ["more than allowed of a batch do", { serial: 2, maxFailPercentage: 25 }, "c", "a1 b1 a2 b2 c1 d1"],
    ["one where any is fatal do", { anyErrorsFatal: true }, "a", "a1 b1 c1 d1"],
    ["one of a batch where any is fatal do", { serial: 2, anyErrorsFatal: true }, "a", "a1 b1"],
  ])("of %s", async (_, options, failing, log) => {
    const ran = await rolled("abcd", options, failing);
    expect(ran.log).toBe(log);
    expect(ran.exitCode).toBe(exitCode.hostFailed);
  });

  it("that stop the run say which hosts and plays were left, and leave those untouched", async () => {
    const { of, hosts } = await rolled("abcd", { serial: 2, maxFailPercentage: 25 }, "a");
    expect(of("run:stopped")).toMatchObject([
      {
        play: "rolling",
        reason: "1 of 2 hosts failed in batch 1 of 2, more than the 25 % of maxFailPercentage",
        untouched: ["c", "d"],
        plays: ["next"],
      },
    ]);
    expect(hosts["c"]?.connection.scripts).toEqual([]);
  });

  it("that stop the run while hosts wait for their turn name those, too", async () => {
    const hosts = fakes("abc");
    const one = async ({ host }: { host: { name: string } }) => host.name === "a" && fail("broken");
    const ran = await runOn(
      hosts,
      [play("p", { hosts: "all", strategy: "free", anyErrorsFatal: true }, { one })],
      { forks: 1 },
    );
    expect(ran.of("run:stopped")[0]?.untouched).toEqual(["b", "c"]);
  });

  it("count the same whether a host failed, was unreachable or timed out", async () => {
    const refused = new ShowrunnerError("host.unreachable", "down");
    const failures = {
      failed: async () => fail("broken"),
      timeout: async () => {
        throw new ShowrunnerError("task.timeout", "too long");
      },
      unreachable: () => turn({ name: "light", to: "on" }),
    };
    for (const kind of ["failed", "timeout", "unreachable"] as const) {
      const hosts = fakes("abc");
      const ran = await runOn(
        hosts,
        [
          play(
            "p",
            { hosts: "all", maxFailPercentage: 30 },
            {
              one: async ({ host }) => host.name === "a" && failures[kind](),
              two: () => print({ text: "two" }),
            },
          ),
        ],
        {
          access: ({ name }) => ({
            lease: false,
            connect: async () => {
              if (name === "a") throw refused;
              return hosts[name]?.connection ?? Promise.reject(refused);
            },
          }),
        },
      );
      expect(ran.of("run:stopped"), kind).toHaveLength(1);
      expect(hosts["b"]?.changes, kind).toEqual([]);
    }
  });

  it("of handlers count, too, and the stopped batch's handlers run", async () => {
    const hosts = fakes("ab");
    const a = hosts["a"];
    if (a) a.failOn = /^print bell/;
    const ran = await runOn(hosts, [
      play(
        "p",
        { hosts: "all", serial: 1, anyErrorsFatal: true },
        { one: () => turn({ name: "light", to: "on" }, { notify: bell }) },
      ),
    ]);
    expect(ran.of("run:stopped")[0]?.untouched).toEqual(["b"]);
    const failed = fakes("ab");
    await runOn(failed, [
      play(
        "p",
        { hosts: "all", anyErrorsFatal: true },
        {
          one: () => turn({ name: "light", to: "on" }, { notify: bell }),
          two: async ({ host }) => host.name === "a" && fail("broken"),
          three: () => print({ text: "three" }),
        },
      ),
    ]);
    expect(failed["b"]?.changes).toEqual(["turn light on", "print bell"]);
  });

  it("of an earlier play's hosts count for nothing in a later one", async () => {
    const log: string[] = [];
    const ran = await runOn(fakes("abc"), [
      play("p", { hosts: "all" }, { one: async ({ host }) => host.name === "a" && fail("broken") }),
      play(
        "q",
        { hosts: "all", serial: 1, anyErrorsFatal: true },
        { two: async ({ host }) => void log.push(host.name) },
      ),
    ]);
    expect(log).toEqual(["b", "c"]);
    expect(ran.of("run:stopped")).toEqual([]);
  });
});

describe("the free strategy", () => {
  it("lets hosts run ahead, and stops all of them when too many have failed", async () => {
    const log: string[] = [];
    const steps = {
      one: async ({ host }: { host: { name: string } }) => {
        log.push(`${host.name}1`);
        await sleep(host.name === "a" ? 30 : 0);
        if (host.name === "a") fail("broken");
      },
      two: async ({ host }: { host: { name: string } }) => {
        log.push(`${host.name}2`);
        await sleep(60);
      },
      three: async ({ host }: { host: { name: string } }) => void log.push(`${host.name}3`),
    };
    const free = { hosts: "all", strategy: "free" } as const;
    const ran = await runOn(fakes("ab"), [play("p", { ...free, anyErrorsFatal: true }, steps)]);
    expect(log).toEqual(["a1", "b1", "b2"]);
    expect(ran.of("run:stopped")).toHaveLength(1);
    log.length = 0;
    await runOn(fakes("ab"), [play("p", free, steps)]);
    expect(log).toEqual(["a1", "b1", "b2", "b3"]);
  });
});

describe("throttle", () => {
  it("keeps a task from being at more hosts at a time", async () => {
    const running = { now: 0, most: 0 };
    const hosts = fakes("abcdef");
    await runOn(
      hosts,
      [
        play(
          "p",
          { hosts: "all" },
          { one: () => turn({ name: "light", to: "on" }, { throttle: 2 }), two: () => print({ text: "x" }) },
        ),
      ],
      {
        subscribers: [
          (event) => {
            if (event.type === "task:start" && event.task.module === "turn") running.now++;
            running.most = Math.max(running.most, running.now);
            if (event.type === "task:end" && event.task.module === "turn") running.now--;
          },
        ],
      },
    );
    expect(running.most).toBe(2);
    expect(Object.values(hosts).every(({ switches }) => switches["light"] === "on")).toBe(true);
  });

  it("lets none begin that still waits when the run is interrupted", async () => {
    const controller = new AbortController();
    const begun: string[] = [];
    const interrupt = (event: TimedEvent) => {
      if (event.type !== "task:start") return;
      begun.push(event.host);
      controller.abort();
    };
    const ran = await runOn(
      fakes("ab"),
      [play("p", { hosts: "all" }, { one: () => turn({ name: "light", to: "on" }, { throttle: 1 }) })],
      { signal: controller.signal, subscribers: [interrupt] },
    );
    expect(ran.exitCode).toBe(exitCode.interrupted);
    expect(begun).toEqual(["a"]);
  });

  it("that is no number of hosts is refused", async () => {
    const ran = await runOn(fakes("a"), [
      play("p", { hosts: "all" }, { one: () => print({ text: "x" }, { throttle: 0 }) }),
    ]);
    expect(ran.of("host:failed")[0]?.error.message).toContain("throttle: expected a whole number from 1");
  });
});

describe("ignoreUnreachable", () => {
  it.each([
    ["the play's", { ignoreUnreachable: true }, {}, true],
    ["the task's", {}, { ignoreUnreachable: true }, true],
    ["the task's before the play's", { ignoreUnreachable: true }, { ignoreUnreachable: false }, false],
    ["neither's", {}, {}, false],
  ])("lets a host go on with its next task and a new connection: %s", async (_, ofPlay, ofTask, goesOn) => {
    const a = new FakeSwitches({ light: "off" });
    let times = 0;
    const ran = await runOn(
      { a },
      [
        play(
          "p",
          { hosts: "all", ...ofPlay },
          {
            one: async () => {
              await turn({ name: "light", to: "on" }, ofTask);
              await print({ text: "after" });
            },
          },
        ),
      ],
      {
        access: () => ({
          lease: false,
          connect: async () => {
            if (times++ === 0) throw new ShowrunnerError("host.unreachable", "down");
            return a.connection;
          },
        }),
      },
    );
    expect(a.changes).toEqual(goesOn ? ["print after"] : []);
    expect(ran.totals).toMatchObject({
      failed: 0,
      ignored: goesOn ? 1 : 0,
      unreachable: goesOn ? 0 : 1,
    });
    expect(ran.exitCode).toBe(goesOn ? exitCode.fine : exitCode.hostUnreachable);
  });
});

describe("a play's options", () => {
  it.each([
    [{ serial: 0 }, "serial"],
    [{ serial: [1, "0%"] }, "serial"],
    [{ maxFailPercentage: 101 }, "maxFailPercentage"],
    [{ maxFailPercentage: -1 }, "maxFailPercentage"],
  ] as const)("%j is refused with its name", (options, name) => {
    expect(() => play("p", { hosts: "all", ...options }, { one: async () => undefined })).toThrow(
      `play "p": ${name}: expected`,
    );
  });
});

it("a failure on a delegated host of the batch counts", async () => {
  const hosts = fakes("ab");
  const b = hosts["b"];
  if (b) b.dieOn = /^turn/;
  const ran = await runOn(hosts, [
    play(
      "p",
      { hosts: "a", anyErrorsFatal: true },
      { one: () => on("b", () => turn({ name: "light", to: "on" })), two: () => print({ text: "two" }) },
    ),
  ]);
  expect(hosts["a"]?.changes).toEqual([]);
  expect(ran.exitCode).toBe(exitCode.hostFailed);
});
