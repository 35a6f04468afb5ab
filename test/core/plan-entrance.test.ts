/** What a plan says of hosts that let nobody in, and of users that can't be become yet. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { exitCode, ShowrunnerError } from "../../src/base/errors.ts";
import { play } from "../../src/core/plays/play.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { command } from "../../src/modules/commands/command.ts";
import type { Connection, RemoteProcess } from "../../src/transport/transport.ts";
import { FakeSwitches, print, runOn, turn } from "./harness.ts";
import { applyOn, one, planOn } from "./plan-harness.ts";

/** A host with users, of which a switch named after each says whether it is there. */
class Users extends FakeSwitches {
  /** Whom somebody tried to become in vain. */
  readonly refused: string[] = [];

  get access(): Pick<RunRequest, "access"> {
    return { access: () => ({ lease: false, connect: async () => this.#guarded }) };
  }

  get #guarded(): Connection {
    return {
      spawn: async (line) => {
        const [, user] = /^sudo .*-u (\S+)/.exec(line) ?? [];
        if (user === undefined || user === "root" || this.switches[user] === "on")
          return this.connection.spawn();
        this.refused.push(user);
        return ended(`sudo: unknown user ${user}\n`);
      },
      dial: () => this.connection.dial(),
      close: () => this.connection.close(),
    };
  }
}

/** A process that only complained. */
function ended(complaint: string): RemoteProcess {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const closed = new Promise<{ status: number }>((resolve) => stderr.on("end", () => resolve({ status: 1 })));
  stderr.end(complaint);
  return { stdin, stdout, stderr, closed, close: () => undefined };
}

const all = { hosts: "all", become: true };
const asBob = { become: "bob" };
const bob = () => turn({ name: "bob", to: "on" });
const refusal =
  "as yet sudo did not let us become bob (sudo: unknown user bob); an earlier change may alter that";

describe("a user that can't be become", () => {
  const checked = (host: Users, step: () => Promise<unknown>) =>
    runOn({ a: host }, one(step, all), { ...host.access, check: true });

  it.each([
    ["reads what is there", () => turn({ name: "light", to: "on" }, asBob)],
    ["only reads", () => command({ argv: ["id"], readOnly: true }, asBob)],
    ["needs to know nothing", () => print({ text: "hello" }, asBob)],
  ])("makes a task unknown that %s, where an earlier change may make the user", async (_, task) => {
    const host = new Users();
    const ran = await checked(host, async () => {
      await bob();
      await task();
    });
    expect(ran.of("task:end").map(({ status, reason }) => [status, reason])).toEqual([
      ["changed", undefined],
      ["unknown", refusal],
    ]);
    expect(ran.exitCode).toBe(exitCode.fine);
  });

  it.each([
    ["reads what is there", () => turn({ name: "light", to: "on" }, asBob)],
    ["needs to know nothing", () => print({ text: "hello" }, asBob)],
  ])("fails a task that %s, where nothing was changed before", async (_, task) => {
    const host = new Users({ bell: "on" });
    const ran = await checked(host, async () => {
      await turn({ name: "bell", to: "on" });
      await task();
    });
    expect(ran.statuses.at(-1)).toMatch(/: failed$/);
    expect(ran.of("host:failed")).toMatchObject([{ error: { code: "become.refused" } }]);
    expect(ran.exitCode).toBe(exitCode.hostFailed);
  });

  it("fails on a host where nothing was changed, whatever was on another", async () => {
    const host = new Users();
    const plays = one(async () => void (await print({ text: "hello" }, asBob)), all);
    const ran = await runOn(
      { a: host, b: host },
      [play("before", { ...all, hosts: "b" }, { s: async () => void (await bob()) }), ...plays],
      { ...host.access, check: true },
    );
    expect(ran.of("host:failed").map(({ host: name }) => name)).toEqual(["a"]);
    expect(ran.statuses).toContain("b print hello: unknown");
  });

  it("ends the step of code that goes by the result", async () => {
    const host = new Users();
    const ran = await checked(host, async () => {
      await bob();
      const { changed } = await turn({ name: "light", to: "on" }, asBob);
      if (changed) await turn({ name: "bell", to: "on" });
    });
    expect(ran.of("host:step:end")).toMatchObject([
      { unknown: { message: `whether turn light changes anything is unknown: ${refusal}` } },
    ]);
    expect(ran.statuses).toHaveLength(2);
  });

  it("makes what follows uncertain, since nobody knows what would have been done", async () => {
    const host = new Users({ bell: "on" });
    const ran = await checked(host, async () => {
      await bob();
      await print({ text: "hello" }, asBob);
      await turn({ name: "heat", to: "on" });
      await turn({ name: "bell", to: "on" });
    });
    expect(ran.statuses.slice(2)).toEqual(["a turn heat: likely", "a turn bell: unknown"]);
  });

  it("does not make uncertain what follows a task that is said to change nothing", async () => {
    const host = new Users();
    const ran = await checked(host, async () => {
      await bob();
      await print({ text: "hello" }, { ...asBob, changedWhen: false });
      await turn({ name: "heat", to: "on" });
    });
    expect(ran.statuses.slice(1)).toEqual(["a print hello: unknown", "a turn heat: changed"]);
  });

  it("may have been made by a step whose plan is unknown", async () => {
    const host = new Users();
    const steps = {
      one: async () => {
        const { value } = await print({ text: "bob" });
        await turn({ name: value, to: "on" });
      },
      two: async () => void (await print({ text: "hello" }, asBob)),
    };
    const ran = await runOn({ a: host }, [play("p", all, steps)], { ...host.access, check: true });
    expect(ran.statuses.at(-1)).toBe("a print hello: unknown");
  });

  it("is asked for once in a check: a host may lock out a user after too many attempts", async () => {
    const host = new Users();
    await checked(host, async () => {
      await bob();
      for (const text of ["one", "two"]) await print({ text }, asBob);
      for (const name of ["light", "heat"]) await turn({ name, to: "on" }, asBob);
    });
    expect(host.refused).toEqual(["bob"]);
  });

  it("makes the handlers and the later plays that are its own unknown, too", async () => {
    const host = new Users();
    const ring = print({ text: "ring" }, asBob);
    const plays = [
      ...one(async () => void (await turn({ name: "bob", to: "on" }, { notify: ring })), all),
      play("later", { ...all, become: "bob" }, { s: async () => void (await print({ text: "hello" })) }),
    ];
    const ran = await runOn({ a: host }, plays, { ...host.access, check: true });
    expect(ran.statuses).toEqual(["a turn bob: changed", "a print ring: unknown", "a print hello: unknown"]);
    expect(ran.exitCode).toBe(exitCode.fine);
  });

  it("leaves to a plan's run what it finds to do as that user", async () => {
    const plays = one(async () => {
      await bob();
      await turn({ name: "light", to: "on" }, asBob);
      await print({ text: "hello" }, asBob);
      await turn({ name: "bell", to: "on" });
    }, all);
    const before = new Users();
    const { plan } = await planOn({ h: before }, plays, before.access);
    const host = new Users();
    const ran = await applyOn({ h: host }, plays, plan, host.access);
    expect(ran.exitCode).toBe(exitCode.fine);
    expect(host.changes).toEqual(["turn bob on", "turn light on", "print hello", "turn bell on"]);
  });
});

describe("a host of which nothing need be known", () => {
  const opaque = (options: { become?: string } = {}) =>
    one(async () => void (await print({ text: "hello" }, options)));

  it("is reached before a plan says what would change there", async () => {
    const alive = new FakeSwitches();
    const dead = new ShowrunnerError("host.unreachable", "nobody answers");
    const { plan, ...ran } = await planOn({ alive, dead: new FakeSwitches() }, opaque(), {
      access: ({ name }) => ({
        lease: false,
        connect: async () => {
          if (name === "dead") throw dead;
          return alive.connection;
        },
      }),
    });
    expect(ran.of("host:unreachable").map(({ host }) => host)).toEqual(["dead"]);
    expect(ran.statuses).toEqual(["dead print hello: failed", "alive print hello: changed"]);
    expect(ran.exitCode).toBe(exitCode.hostUnreachable);
    expect(plan.hosts["dead"]?.failure).toBe("nobody answers");
  });

  it("is asked whether it lets us become the task's user, and nothing is run there", async () => {
    const host = new Users({ bob: "on" });
    const ran = await runOn({ a: host }, opaque(asBob), { ...host.access, check: true });
    expect(ran.statuses).toEqual(["a print hello: changed"]);
    expect(host.changes).toEqual([]);
  });

  it("is asked for nothing but a shell, and that once", async () => {
    const a = new FakeSwitches();
    const several = one(async () => {
      for (const text of ["one", "two", "three"]) await print({ text });
    });
    await runOn({ a }, several, { check: true });
    expect(a.connection.scripts).toEqual(["echo $$"]);
  });

  it("costs no round trip where something was read before", async () => {
    const a = new FakeSwitches();
    const read = one(async () => {
      await turn({ name: "light", to: "on" });
      await print({ text: "hello" });
    });
    const { hosts } = await runOn({ a }, read, { check: true });
    expect(hosts["a"]?.roundTrips).toBe(1);
    expect(a.connection.scripts.filter((script) => script === "echo $$")).toHaveLength(1);
  });
});
