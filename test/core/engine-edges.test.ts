/** What goes wrong at the edges of a step, a host and a run. */
import { describe, expect, it } from "vitest";
import { exitCode, ShowrunnerError } from "../../src/base/errors.ts";
import { redact, secret } from "../../src/base/secret.ts";
import { play } from "../../src/core/plays/play.ts";
import type { RunHooks } from "../../src/core/plays/run-hooks.ts";
import type { HostAccess } from "../../src/core/plays/run-request.ts";
import { on } from "../../src/core/steps/on.ts";
import { once } from "../../src/core/steps/once.ts";
import { fail } from "../../src/core/tasks/fail.ts";
import { debug } from "../../src/modules/util/debug.ts";
import { expectSwitch, FakeSwitches, print, runOn, turn } from "./harness.ts";

const all = { hosts: "all" };
const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
const bell = print({ text: "bell" });
const gong = print({ text: "gong" });

describe("a step", () => {
  it("waits for what it started when something beside it fails, and runs the handlers of both", async () => {
    const a = new FakeSwitches({ light: "off" });
    const ran = await runOn({ a }, [
      play("p", all, {
        one: async () => {
          const slow = async () => {
            await sleep(20);
            await turn({ name: "light", to: "on" }, { notify: bell });
          };
          await Promise.all([
            expectSwitch({ name: "light", is: "on" }),
            slow(),
            turn({ name: "heat", to: "on" }, { notify: gong }),
          ]);
        },
      }),
    ]);
    expect(ran.exitCode).toBe(exitCode.hostFailed);
    expect(a.changes).toContain("print gong");
    expect(ran.events.at(-1)?.type).toBe("run:end");
  });

  it("that ends without waiting for a helper's tasks fails with their line", async () => {
    const a = new FakeSwitches();
    const ran = await runOn({ a }, [
      play("p", all, {
        one: async () => {
          const helper = async () => void (await turn({ name: "light", to: "on" }));
          void helper();
        },
      }),
    ]);
    const [failed] = ran.of("host:failed");
    expect(failed?.error).toMatchObject({
      code: "task.not-awaited",
      message: expect.stringContaining("turn light was started"),
    });
    expect(a.switches["light"]).toBe("on");
  });

  it("that has ended lets code that it did not wait for do nothing more", async () => {
    const a = new FakeSwitches();
    let late: Promise<unknown> | undefined;
    const ran = await runOn({ a }, [
      play("p", all, {
        one: async () => {
          const helper = async () => {
            await sleep(10);
            await turn({ name: "light", to: "on" });
          };
          late = helper().catch((error: unknown) => error);
        },
        two: () => sleep(30),
      }),
    ]);
    expect(ran.exitCode).toBe(exitCode.fine);
    expect(await late).toMatchObject({
      code: "task.not-awaited",
      message: "turn light was awaited after its step had ended, and did not run",
      location: { file: expect.stringContaining("engine-edges.test.ts") },
    });
    expect(a.switches["light"]).toBeUndefined();
  });

  it("that fails by fail() says at which line", async () => {
    const ran = await runOn({ a: new FakeSwitches() }, [play("p", all, { one: async () => fail("no") })]);
    expect(ran.of("host:failed")[0]?.error.location?.file).toContain("engine-edges.test.ts");
  });
});

describe("a run's exit code", () => {
  it("is that of the unreachable host, also beside an ignored failure", async () => {
    const a = new FakeSwitches();
    a.failOn = /^turn/;
    const refused = new ShowrunnerError("host.unreachable", "down");
    const ran = await runOn(
      { a, b: new FakeSwitches() },
      [play("p", all, { one: () => turn({ name: "light", to: "on" }, { ignoreErrors: true }) })],
      {
        access: ({ name }) => ({
          lease: false,
          connect: () => (name === "b" ? Promise.reject(refused) : Promise.resolve(a.connection)),
        }),
      },
    );
    expect(ran.exitCode).toBe(exitCode.hostUnreachable);
  });
});

describe("handlers", () => {
  it("all run, also when one of them fails", async () => {
    const a = new FakeSwitches({ light: "off" });
    a.failOn = /^print bell/;
    const ran = await runOn({ a }, [
      play("p", all, { one: () => turn({ name: "light", to: "on" }, { notify: [bell, gong] }) }),
    ]);
    expect(a.changes).toContain("print gong");
    expect(ran.exitCode).toBe(exitCode.hostFailed);
  });

  it("run on a host that was only delegated to", async () => {
    const b = new FakeSwitches({ light: "off" });
    await runOn({ a: new FakeSwitches(), b }, [
      play(
        "p",
        { hosts: "a" },
        { one: () => on("b", () => turn({ name: "light", to: "on" }, { notify: bell })) },
      ),
    ]);
    expect(b.changes).toEqual(["turn light on", "print bell"]);
  });

  it("that differ in their user, or in a secret, are two", async () => {
    const a = new FakeSwitches({ light: "off" });
    const as = (user: string) => print({ text: "bell" }, { become: user });
    const ran = await runOn({ a }, [
      play("p", all, {
        one: () => turn({ name: "light", to: "on" }, { notify: [as("x"), as("y"), as("x")] }),
      }),
    ]);
    expect(ran.of("task:end").filter(({ step }) => step === "handlers")).toHaveLength(2);
  });

  it("of a task whose plan is unknown are listed, as unknown", async () => {
    const ran = await runOn(
      { a: new FakeSwitches() },
      [
        play("p", all, {
          one: () => print({ text: "x" }),
          two: () => turn({ name: "new", to: "missing" }, { notify: gong }),
        }),
      ],
      { check: true },
    );
    expect(ran.statuses.at(-1)).toBe("a print gong: unknown");
  });
});

describe("a delegated task", () => {
  /** The users that two scripts became: one on the step's host, one on the other. */
  const users = async (
    become: boolean | string | undefined,
    own: Partial<HostAccess>,
    other: Partial<HostAccess>,
  ) => {
    const ran: [string, string | undefined][] = [];
    const hooks: RunHooks = {
      onTaskStart: ({ context, become }) => void ran.push([context.host.info.name, become?.user]),
    };
    const hosts = { a: new FakeSwitches(), b: new FakeSwitches() };
    await runOn(
      hosts,
      [
        play(
          "p",
          { hosts: "a", ...(become === undefined ? {} : { become }) },
          {
            one: async () => {
              await print({ text: "x" });
              await on("b", () => print({ text: "y" }));
            },
          },
        ),
      ],
      {
        check: true,
        hooks,
        access: ({ name }) => ({
          lease: false,
          connect: async () => (name === "a" ? hosts.a : hosts.b).connection,
          ...(name === "a" ? own : other),
        }),
      },
    );
    return Object.fromEntries(ran);
  };

  it.each([
    ["nobody, whatever the step's host does", undefined, { become: true }, {}, ["root", undefined]],
    ["whom its host's settings say", undefined, {}, { become: true, becomeUser: "db" }, [undefined, "db"]],
    [
      "that, too, where the play says to become",
      true,
      { becomeUser: "web" },
      { becomeUser: "db" },
      ["web", "db"],
    ],
    ["whom the play names", "app", { becomeUser: "web" }, { become: false }, ["app", "app"]],
    ["nobody where the play says so", false, { become: true }, { become: true }, [undefined, undefined]],
  ] as const)("becomes %s", async (_, become, own, other, [a, b]) => {
    expect(await users(become, own, other)).toEqual({ a, b });
  });
});

describe("a delegated host that is lost", () => {
  it("fails the step, but the host itself is still there for its handlers", async () => {
    const a = new FakeSwitches({ light: "off" });
    const b = new FakeSwitches();
    b.dieOn = /^turn/;
    const ran = await runOn({ a, b }, [
      play(
        "p",
        { hosts: "a" },
        {
          one: () => turn({ name: "light", to: "on" }, { notify: bell }),
          two: () => on("b", () => turn({ name: "light", to: "on" })),
        },
      ),
    ]);
    expect(a.changes).toEqual(["turn light on", "print bell"]);
    expect(ran.hosts).toMatchObject({ a: { failed: 1, unreachable: 0 }, b: { unreachable: 1 } });
  });

  it("is told as unreachable, once however many were working on it", async () => {
    const c = new FakeSwitches({ light: "off" });
    c.dieOn = /^turn/;
    const ran = await runOn({ a: new FakeSwitches(), b: new FakeSwitches(), c }, [
      play("p", { hosts: "a,b" }, { one: () => on("c", () => turn({ name: "light", to: "on" })) }),
    ]);
    expect(ran.of("host:unreachable")).toMatchObject([
      { host: "c", step: "one", error: { code: "host.lost" } },
    ]);
    expect(ran.of("host:failed").map(({ host }) => host)).toEqual(["a", "b"]);
    expect(ran.totals).toMatchObject({ failed: 2, unreachable: 1 });
  });

  it("says where it happened, when another host's failure is its own", async () => {
    const hosts = { a: new FakeSwitches(), b: new FakeSwitches({ light: "off" }) };
    const ran = await runOn(hosts, [
      play("p", { hosts: "a" }, { one: () => on("b", () => expectSwitch({ name: "light", is: "on" })) }),
    ]);
    expect(ran.of("host:failed").map(({ host, error }) => [host, error.message])).toEqual([
      ["a", "on b: light is off"],
    ]);
    const both = await runOn(
      { a: new FakeSwitches({ light: "off" }), b: new FakeSwitches({ light: "off" }) },
      [play("q", all, { two: () => once(() => expectSwitch({ name: "light", is: "on" })) })],
    );
    expect(both.of("host:failed").map(({ host, error }) => [host, error.message])).toEqual([
      ["a", "light is off"],
      ["b", "once, on a: light is off"],
    ]);
  });

  it("names the line that names a host which there is not", async () => {
    const ran = await runOn({ a: new FakeSwitches() }, [
      play("p", all, { one: () => on("nobody", () => print({ text: "x" })) }),
    ]);
    expect(ran.of("host:failed")[0]?.error).toMatchObject({
      message: expect.stringContaining('"nobody"'),
      location: expect.objectContaining({ file: expect.stringContaining("engine-edges.test.ts") }),
    });
  });

  it("is unreachable and nothing else where it delegated to itself", async () => {
    const a = new FakeSwitches({ light: "off" });
    a.dieOn = /^turn/;
    const ran = await runOn({ a }, [
      play("p", all, { one: () => on("a", () => turn({ name: "light", to: "on" })) }),
    ]);
    expect(ran.of("host:failed")).toEqual([]);
    expect(ran.totals).toMatchObject({ failed: 0, unreachable: 1 });
  });

  it("is not one that an interrupt has cut off", async () => {
    const controller = new AbortController();
    const [a, b] = [new FakeSwitches(), new FakeSwitches({ light: "off" })];
    const ran = await runOn(
      { a, b },
      [
        play(
          "p",
          { hosts: "a" },
          {
            one: () =>
              on("b", async () => {
                controller.abort();
                await sleep(20);
                await turn({ name: "light", to: "on" });
              }),
          },
        ),
      ],
      { signal: controller.signal },
    );
    expect(ran.of("host:unreachable")).toEqual([]);
    expect(ran.totals).toMatchObject({ failed: 0, unreachable: 0 });
  });
});

describe("a task that is tried again", () => {
  it("reports what its failed tries changed", async () => {
    const a = new FakeSwitches({ light: "off" });
    let tries = 0;
    const ran = await runOn({ a }, [
      play("p", all, {
        one: () =>
          turn({ name: "light", to: "on" }, { retries: 1, delay: "1ms", until: () => ++tries === 2 }),
      }),
    ]);
    expect(ran.statuses).toEqual(["a turn light: changed"]);
  });
});

describe("check mode", () => {
  it("ends a step as unknown where its code asks an unknown task whether it changes anything", async () => {
    const a = new FakeSwitches();
    const ran = await runOn(
      { a },
      [
        play("p", all, {
          one: () => print({ text: "x" }),
          two: async () => {
            const result = await turn({ name: "new", to: "missing" });
            if (result.changed) await turn({ name: "light", to: "on" });
          },
          three: () => turn({ name: "other", to: "on" }),
        }),
      ],
      { check: true },
    );
    expect(ran.of("host:step:end").map(({ unknown }) => unknown !== undefined)).toEqual([false, true, false]);
    expect(ran.statuses.at(-1)).toBe("a turn other: likely");
  });

  it("calls likely what follows from a result that is only likely", async () => {
    const a = new FakeSwitches({ sure: "off" });
    const ran = await runOn(
      { a },
      [
        play("p", all, {
          one: async () => {
            await turn({ name: "sure", to: "on", touches: ["arrivals"] });
            if ((await turn({ name: "new", to: "on" })).changed) await turn({ name: "sure", to: "off" });
          },
        }),
      ],
      { check: true },
    );
    expect(ran.statuses).toEqual(["a turn sure: changed", "a turn new: likely", "a turn sure: likely"]);
  });
});

describe("a subscriber that fails", () => {
  it("is told nothing more, and the run goes on", async () => {
    const a = new FakeSwitches({ light: "off" });
    const heard: string[] = [];
    await runOn({ a }, [play("p", all, { one: () => turn({ name: "light", to: "on" }) })], {
      subscribers: [
        () => {
          throw new Error("the disk is full");
        },
        (event) => heard.push(event.type === "warning" ? event.text : event.type),
      ],
    });
    expect(a.switches["light"]).toBe("on");
    expect(heard.filter((text) => text.includes("the disk is full"))).toHaveLength(1);
    expect(heard.at(-1)).toBe("run:end");
  });
});

/** A host on which a script is cut off by an interrupt. */
function abortingOn(cut: RegExp, controller: AbortController, switches: Record<string, string> = {}) {
  const host = new FakeSwitches(switches);
  const respond = host.respond.bind(host);
  host.respond = (script) => {
    if (!cut.test(script)) return respond(script);
    controller.abort();
    return "die";
  };
  return host;
}

describe("an interrupted run", () => {
  it("begins no task any more, be it on a host that it comes to only now", async () => {
    const controller = new AbortController();
    const hosts = { a: new FakeSwitches(), b: new FakeSwitches() };
    const ran = await runOn(
      hosts,
      [
        play(
          "p",
          { hosts: "a" },
          {
            one: async () => {
              try {
                controller.abort();
                await debug({ message: "cut off" });
              } finally {
                await on("b", () => print({ text: "clean up" }));
              }
            },
          },
        ),
      ],
      { signal: controller.signal },
    );
    expect(hosts.b.changes).toEqual([]);
    expect(ran.of("task:start")).toEqual([]);
  });

  it("begins no other handler than the one that it cuts off, and says which are left", async () => {
    const controller = new AbortController();
    const ran = await runOn(
      { a: abortingOn(/^print bell/, controller, { light: "off" }) },
      [
        play("p", all, {
          one: () => turn({ name: "light", to: "on" }, { notify: [bell, print({ text: "whistle" })] }),
        }),
      ],
      { signal: controller.signal },
    );
    expect(ran.of("task:start").map(({ task }) => task.title)).toEqual(["light", "bell"]);
    expect(ran.of("warning")).toMatchObject([{ host: "a", text: "pending, and not run: print whistle" }]);
  });

  it("begins nothing anew on hosts that waited for their turn", async () => {
    const controller = new AbortController();
    const hosts = { a: new FakeSwitches(), b: new FakeSwitches() };
    const ran = await runOn(
      hosts,
      [
        play("p", all, {
          one: async ({ host }) => {
            if (host.name === "a") controller.abort();
            await turn({ name: "light", to: "on" });
          },
        }),
      ],
      { forks: 1, signal: controller.signal },
    );
    expect([...hosts.a.changes, ...hosts.b.changes]).toEqual([]);
    expect(ran.exitCode).toBe(exitCode.interrupted);
  });

  it("says of a task that it was cut off, and not that it or its host failed, whatever it ignores", async () => {
    const controller = new AbortController();
    const ran = await runOn(
      { a: abortingOn(/^turn heat/, controller, { light: "off" }) },
      [
        play("p", all, {
          one: async () => {
            await turn({ name: "light", to: "on" });
            await turn({ name: "heat", to: "on" }, { ignoreErrors: true, ignoreUnreachable: true });
          },
        }),
      ],
      { signal: controller.signal },
    );
    const { reason, error } = ran.of("task:end").at(-1) ?? {};
    expect({ reason, error }).toMatchObject({
      reason: "interrupted",
      error: { message: "cut off", hint: undefined, details: [] },
    });
    expect(ran.totals).toMatchObject({ changed: 1, failed: 0, unreachable: 0, ignored: 0 });
  });

  it("ends with the exit code of the error that is the reason, where there is one", async () => {
    const controller = new AbortController();
    const cut = async () => controller.abort(new ShowrunnerError("internal", "a stray error"));
    const ran = await runOn({ a: new FakeSwitches() }, [play("p", all, { one: cut })], {
      signal: controller.signal,
    });
    expect(ran.exitCode).toBe(exitCode.error);
  });

  it("says which handlers it leaves pending", async () => {
    const controller = new AbortController();
    const ran = await runOn(
      { a: new FakeSwitches({ light: "off" }) },
      [
        play("p", all, {
          one: () => turn({ name: "light", to: "on" }, { notify: bell }),
          two: async () => controller.abort(),
        }),
      ],
      { signal: controller.signal },
    );
    expect(ran.of("warning")).toMatchObject([{ host: "a", text: "pending, and not run: print bell" }]);
  });
});

describe("a task that could not begin", () => {
  it.each(["become.refused", "host.unreachable", "host.auth", "host.key"] as const)(
    "notifies nobody: %s",
    async (code) => {
      const a = new FakeSwitches();
      let tries = 0;
      const connect = () =>
        tries++ === 0
          ? Promise.reject(new ShowrunnerError(code, "no way in"))
          : Promise.resolve(a.connection);
      const options = { notify: bell, ignoreErrors: true, ignoreUnreachable: true };
      const step = async () => {
        await print({ text: "one" }, options);
        await print({ text: "two" });
      };
      const ran = await runOn({ a }, [play("p", all, { step })], {
        access: () => ({ lease: false, connect }),
      });
      expect(ran.statuses[0]).toBe("a print one: failed");
      expect(ran.statuses.join()).not.toContain("bell");
    },
  );
});

describe("handlers that do the same", () => {
  const notified = async (
    become: boolean | undefined,
    handlers: readonly (boolean | string | undefined)[],
  ) => {
    const a = new FakeSwitches();
    const step = async () => {
      for (const [index, as] of handlers.entries()) {
        const notify = print({ text: "bell" }, as === undefined ? {} : { become: as });
        await turn({ name: String(index), to: "on" }, { notify });
      }
    };
    await runOn({ a }, [play("p", become === undefined ? all : { ...all, become }, { step })]);
    return a.changes.filter((change) => change === "print bell").length;
  };

  it.each([
    ["root", true, [true, "root", undefined]],
    ["the connection's", undefined, [false, undefined]],
  ] as const)("as the same user are one, however the user is said: %s", async (_, become, handlers) => {
    expect(await notified(become, handlers)).toBe(1);
  });

  it("as different users are two", async () => {
    expect(await notified(true, [undefined, false, "deploy", false])).toBe(3);
  });
});

describe("once", () => {
  it("is done again in another play of the same name", async () => {
    let count = 0;
    const plays = [1, 2].map(() => play("p", all, { one: () => once(async () => ++count) }));
    await runOn({ a: new FakeSwitches() }, plays);
    expect(count).toBe(2);
  });

  it("with a key is shared by what is asked, in whatever order hosts ask it", async () => {
    let times = 0;
    const latest = (what: string) => once(what, async () => `${what}${++times}`);
    const got: Record<string, string[]> = {};
    const step = async ({ host }: { host: { name: string } }) => {
      const wanted = host.name === "a" ? ["x", "y", "x"] : ["y", "x"];
      const results: string[] = [];
      for (const what of wanted) results.push(await latest(what));
      got[host.name] = results.map((result) => result.replace(/\d/, ""));
    };
    await runOn({ a: new FakeSwitches(), b: new FakeSwitches() }, [play("p", all, { one: step })]);
    expect(got).toEqual({ a: ["x", "y", "x"], b: ["y", "x"] });
    expect(times).toBe(2);
  });

  it("refuses an empty key, and one without a body, with its line", async () => {
    expect(() => once("", async () => 1)).toThrow('expected a text as the key, got ""');
    const bodiless: unknown[] = ["x", undefined];
    expect(() => Reflect.apply(once, undefined, bodiless)).toThrow(
      "once(key, body): expected an asynchronous function",
    );
  });

  const refused = new ShowrunnerError("host.unreachable", "down");
  /** The first host, `a`, can't be reached. */
  const withoutFirst = (b: FakeSwitches) => ({
    access: ({ name }: { name: string }) => ({
      lease: false,
      connect: () => (name === "a" ? Promise.reject(refused) : Promise.resolve(b.connection)),
    }),
  });

  it("is done by the next host where the first can't be reached, which alone is lost", async () => {
    const [b, c] = [new FakeSwitches(), new FakeSwitches()];
    const got: string[] = [];
    const ran = await runOn(
      { a: new FakeSwitches(), b, c },
      [
        play("p", all, {
          one: async () => void got.push(await once(async () => (await print({ text: "hello" })).value)),
        }),
      ],
      withoutFirst(b),
    );
    expect(got).toEqual(["hello", "hello"]);
    expect(b.changes).toEqual(["print hello"]);
    expect(ran.hosts).toMatchObject({
      a: { unreachable: 1 },
      b: { failed: 0, unreachable: 0 },
      c: { failed: 0, unreachable: 0 },
    });
  });

  it("is not done again where a change was begun: it fails for the others, whose handlers run", async () => {
    const [a, b] = [new FakeSwitches({ light: "off" }), new FakeSwitches({ light: "off" })];
    a.dieOn = /^print migrate/;
    const ran = await runOn({ a, b }, [
      play("p", all, {
        zero: () => turn({ name: "light", to: "on" }, { notify: bell }),
        one: () => once(() => print({ text: "migrate" })),
      }),
    ]);
    expect(b.changes).toEqual(["turn light on", "print bell"]);
    expect(ran.hosts).toMatchObject({ a: { unreachable: 1 }, b: { failed: 1, unreachable: 0 } });
    expect(ran.of("host:failed")).toMatchObject([
      { host: "b", error: { code: "task.failed", message: expect.stringMatching(/^once, on a: /) } },
    ]);
  });

  it("is done by the next host also where the play ignores that the first can't be reached, which gets the result", async () => {
    const b = new FakeSwitches();
    const got: string[] = [];
    const step = async ({ host }: { host: { name: string } }) => {
      const { value } = await once(() => print({ text: "migrate" }));
      got.push(`${host.name}: ${value}`);
    };
    const ran = await runOn(
      { a: new FakeSwitches(), b },
      [play("p", { hosts: "all", ignoreUnreachable: true }, { one: step })],
      withoutFirst(b),
    );
    expect(b.changes).toEqual(["print migrate"]);
    expect(got.sort()).toEqual(["a: migrate", "b: migrate"]);
    expect(ran.exitCode).toBe(exitCode.fine);
  });

  it.each([
    ["one host", {}],
    ["two hosts", { b: new FakeSwitches() }],
  ])(
    "fails where nobody can do it, also where the play ignores that hosts can't be reached: %s",
    async (_, others) => {
      let tries = 0;
      const ran = await runOn(
        { a: new FakeSwitches(), ...others },
        [
          play(
            "p",
            { hosts: "all", ignoreUnreachable: true },
            {
              one: () =>
                once(async () => {
                  tries++;
                  await print({ text: "migrate" });
                }),
            },
          ),
        ],
        { access: () => ({ lease: false, connect: () => Promise.reject(refused) }) },
      );
      expect(ran.exitCode).toBe(exitCode.hostUnreachable);
      expect(tries).toBe(Object.keys(ran.hosts).length);
    },
  );

  it("goes on, in such a play, where another host can't be reached that it delegates to", async () => {
    const b = new FakeSwitches();
    const ran = await runOn(
      { a: new FakeSwitches(), b },
      [
        play(
          "p",
          { hosts: "b", ignoreUnreachable: true },
          {
            one: () => once(() => on("a", () => print({ text: "migrate" }))),
            two: () => print({ text: "after" }),
          },
        ),
      ],
      withoutFirst(b),
    );
    expect(b.changes).toEqual(["print after"]);
    expect(ran).toMatchObject({ exitCode: exitCode.fine, totals: { ignored: 1 } });
  });

  it("counts a change on another host as begun, also within another once", async () => {
    const b = new FakeSwitches();
    const ran = await runOn(
      { a: new FakeSwitches(), b },
      [
        play("p", all, {
          one: () =>
            once(async () => {
              await once(() => on("b", () => print({ text: "migrate" })));
              await print({ text: "after" });
            }),
        }),
      ],
      withoutFirst(b),
    );
    expect(b.changes).toEqual(["print migrate"]);
    expect(ran.hosts).toMatchObject({ a: { unreachable: 1 }, b: { failed: 1, unreachable: 0 } });
  });
});

describe("a secret of many lines", () => {
  it("is hidden line by line", () => {
    secret("-----BEGIN KEY-----\nAbCdEf123456\n-----END KEY-----\n");
    expect(redact("read: AbCdEf123456")).toBe("read: ********");
  });
});

describe("a misspelt option", () => {
  // as in a playbook that nobody compiled
  const misspelt = (options: object) => options;

  it("of a task is refused with its line", () => {
    expect(() => turn({ name: "light", to: "on" }, misspelt({ notfy: bell }))).toThrow(
      'turn light: there is no option notfy (did you mean "notify"?)',
    );
  });

  it("of a play is refused with its line", () => {
    expect(() =>
      play("p", { hosts: "all", ...misspelt({ becom: true }) }, { one: async () => undefined }),
    ).toThrow('play "p": there is no option becom (did you mean "become"?)');
  });
});
