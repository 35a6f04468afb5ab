/** Which host does what is done once, and who waits for it. */
import { describe, expect, it } from "vitest";
import { exitCode, ShowrunnerError } from "../../src/base/errors.ts";
import { type PlayOptions, play } from "../../src/core/plays/play.ts";
import { on } from "../../src/core/steps/on.ts";
import { once } from "../../src/core/steps/once.ts";
import { fail } from "../../src/core/tasks/fail.ts";
import { FakeSwitches, print, runOn } from "./harness.ts";

const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));

type Options = Omit<PlayOptions<Record<never, never>>, "hosts">;
type Step = (name: string, log: string[]) => Promise<unknown>;

/** Runs steps on the hosts a, b and c, and tells what they wrote down. */
async function ran(steps: Record<string, Step>, options: Options = {}): Promise<string> {
  const log: string[] = [];
  const hosts = Object.fromEntries([..."abc"].map((name) => [name, new FakeSwitches()]));
  const bodies = Object.entries(steps).map(([name, step]) => [
    name,
    ({ host }: { host: { name: string } }) => step(host.name, log),
  ]);
  await runOn(hosts, [play("p", { hosts: "all", ...options }, Object.fromEntries(bodies))]);
  return log.join(" ");
}

describe("what is done once", () => {
  it("is done by the first host in the play's order, however slow it is", async () => {
    const step: Step = async (name, log) => {
      if (name === "a") await sleep(20);
      await once(async () => void log.push(name));
    };
    expect(await ran({ step })).toBe("a");
    expect(await ran({ step }, { strategy: "free" })).toBe("a");
    expect(await ran({ step }, { order: "reverseInventory" })).toBe("c");
    expect(await ran({ step }, { serial: 2 })).toBe("a c");
  });

  it("is done by the next one where the first ends its step without it, well or not", async () => {
    const step: Step = async (name, log) => {
      if (name === "a") await sleep(20);
      if (name === "a") return;
      if (name === "b") fail("broken");
      await once(async () => void log.push(name));
    };
    expect(await ran({ step })).toBe("c");
  });

  it("waits in a free play for a host that is a step behind, unless that fails there", async () => {
    const steps = (isFailing: boolean): Record<string, Step> => ({
      one: async (name) => {
        if (name !== "a") return;
        await sleep(20);
        if (isFailing) fail("broken");
      },
      two: async (name, log) => once(async () => void log.push(name)),
    });
    expect(await ran(steps(false), { strategy: "free" })).toBe("a");
    expect(await ran(steps(true), { strategy: "free" })).toBe("b");
  });

  it("is left by hosts that are not let into the step any more", async () => {
    // c is in the second step when b's failure ends the play for a
    const steps: Record<string, Step> = {
      one: async (name) => {
        if (name === "a") await sleep(40);
        if (name === "b") await sleep(20);
        if (name === "b") fail("broken");
      },
      two: async (name, log) => once(async () => void log.push(name)),
    };
    expect(await ran(steps, { strategy: "free", anyErrorsFatal: true })).toBe("c");
  });

  it("keeps no two hosts waiting for each other that come to two things in another order", async () => {
    const x = (name: string, log: string[]) => once(async () => void log.push(`${name}x`));
    const y = (name: string, log: string[]) => once(async () => void log.push(`${name}y`));
    const step: Step = async (name, log) => {
      const calls = name === "a" ? [x, y] : [y, x];
      for (const call of calls) await call(name, log);
    };
    expect(await ran({ step })).toBe("ax ay");
  });

  it("with keys of its own for each host goes on beside the others", async () => {
    const step: Step = async (name, log) => {
      await once(name, async () => void log.push(name));
      if (name === "a") await sleep(20);
      log.push(`${name} went on`);
    };
    expect(await ran({ step })).toBe("a b c b went on c went on a went on");
  });

  it("within what is done once waits for nobody", async () => {
    const step: Step = async (name, log) => {
      if (name === "a") return sleep(20);
      return once(async () => once(async () => void log.push(name)));
    };
    expect(await ran({ step })).toBe("b");
  });

  it("on another host is done for the first host's step", async () => {
    const step: Step = async (name, log) => {
      if (name === "a") await sleep(20);
      await on("c", () => once(async () => void log.push(name)));
    };
    expect(await ran({ step })).toBe("a");
  });

  it("is the same where it was made outside the step that awaits it", async () => {
    const log: string[] = [];
    const [first, second] = ["first", "second"].map((text) => once(async () => void log.push(text)));
    const hosts = { a: new FakeSwitches(), b: new FakeSwitches() };
    const step = async () => {
      await first;
      await second;
    };
    await runOn(hosts, [play("p", { hosts: "all" }, { step })]);
    expect(log).toEqual(["first", "second"]);
  });

  it("goes to the next host in order where the first is lost before it has begun", async () => {
    const refused = new ShowrunnerError("host.unreachable", "down");
    const fakes = { a: new FakeSwitches(), b: new FakeSwitches(), c: new FakeSwitches() };
    const step = async ({ host }: { host: { name: string } }) => {
      if (host.name === "b") await sleep(20);
      await once(async () => {
        if (host.name === "a") await sleep(40); // both others wait by then, c for longer
        await print({ text: `migrate from ${host.name}` });
      });
    };
    const { exitCode: code } = await runOn(fakes, [play("p", { hosts: "all" }, { step })], {
      access: ({ name }) => ({
        lease: false,
        connect: () =>
          name === "a"
            ? Promise.reject(refused)
            : Promise.resolve(name === "b" ? fakes.b.connection : fakes.c.connection),
      }),
    });
    expect(code).toBe(exitCode.hostUnreachable);
    expect([fakes.b.changes, fakes.c.changes]).toEqual([["print migrate from b"], []]);
  });
});
