import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { sh } from "../../src/base/script.ts";
import { secret } from "../../src/base/secret.ts";
import { change } from "../../src/core/facts/change.ts";
import { defineFact } from "../../src/core/facts/fact.ts";
import { play } from "../../src/core/plays/play.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { flushHandlers } from "../../src/core/steps/flush-handlers.ts";
import { on } from "../../src/core/steps/on.ts";
import { once } from "../../src/core/steps/once.ts";
import { fail } from "../../src/core/tasks/fail.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { shell } from "../../src/modules/commands/shell.ts";
import { expectSwitch, FakeSwitches, print, runOn, switchFact, turn } from "./harness.ts";

const all = { hosts: "all" };

describe("a task", () => {
  it("changes what differs and nothing else", async () => {
    const a = new FakeSwitches({ light: "off", heat: "on" });
    const ran = await runOn({ a }, [
      play("p", all, {
        one: async () => {
          const light = await turn({ name: "light", to: "on" });
          expect(light.changed).toBe(true);
          expect(light.value.was).toBe("off");
          const heat = await turn({ name: "heat", to: "on" });
          expect(heat.changed).toBe(false);
        },
      }),
    ]);
    expect(a.changes).toEqual(["turn light on"]);
    expect(ran.totals).toMatchObject({ ok: 1, changed: 1, failed: 0 });
    expect(ran.exitCode).toBe(0);
  });

  it("awaited outside any host is an error that says so", async () => {
    await expect(async () => await turn({ name: "light", to: "on" })).rejects.toMatchObject({
      code: "task.outside-host",
      message: "turn light was awaited outside any host",
      location: { file: expect.stringContaining("engine.test.ts") },
    });
  });

  it("made in a step and never awaited is an error with its file and line", async () => {
    const ran = await runOn({ a: new FakeSwitches() }, [
      play("p", all, {
        one: async () => {
          turn({ name: "light", to: "on" });
        },
      }),
    ]);
    const [failed] = ran.of("host:failed");
    expect(failed?.error.code).toBe("task.not-awaited");
    expect(failed?.error.location?.file).toContain("engine.test.ts");
    expect(ran.exitCode).toBe(2);
  });

  it("that only reads tells what its command printed, as one that changes something does", async () => {
    for (const check of [false, true]) {
      const looks = () => batch([shell({ cmd: "print words", readOnly: true })]);
      const ran = await runOn({ a: new FakeSwitches() }, [play("p", all, { one: looks })], { check });
      expect(ran.statuses).toEqual(["a shell print words: ok"]);
      const [end] = ran.of("task:end");
      expect(ran.of("task:output")).toMatchObject([
        { host: "a", task: end?.task.id, stream: "stdout", text: "words" },
      ]);
      expect(ran.hosts["a"]?.roundTrips).toBe(1);
    }
  });

  it("that fails ends its host's run; the others go on", async () => {
    const a = new FakeSwitches({ light: "off" });
    a.failOn = /^turn/;
    const b = new FakeSwitches({ light: "off" });
    const ran = await runOn({ a, b }, [
      play("p", all, {
        one: () => turn({ name: "light", to: "on" }),
        two: () => turn({ name: "heat", to: "on" }),
      }),
    ]);
    expect(ran.hosts["a"]).toMatchObject({ failed: 1, changed: 0 });
    expect(ran.hosts["b"]).toMatchObject({ failed: 0, changed: 2 });
    const [failed] = ran.of("host:failed");
    expect(failed?.error).toMatchObject({
      code: "change.failed",
      message: "position: ended with status 1",
      details: ["it does not turn"],
    });
  });

  it("that fails can be rescued with catch", async () => {
    const a = new FakeSwitches();
    a.failOn = /^turn light/;
    const ran = await runOn({ a }, [
      play("p", all, {
        one: async () => {
          try {
            await turn({ name: "light", to: "on" });
          } catch (error) {
            expect(error).toBeInstanceOf(ShowrunnerError);
            await turn({ name: "candle", to: "on" });
          }
        },
      }),
    ]);
    expect(a.switches["candle"]).toBe("on");
    expect(ran.totals).toMatchObject({ failed: 0, changed: 1 });
    expect(ran.exitCode).toBe(0);
  });

  it("with ignoreErrors lets the host go on", async () => {
    const a = new FakeSwitches();
    a.failOn = /^turn light/;
    const ran = await runOn({ a }, [
      play("p", all, {
        one: async () => {
          const result = await turn({ name: "light", to: "on" }, { ignoreErrors: true });
          expect(result.failed).toBe(true);
          await turn({ name: "heat", to: "on" });
        },
      }),
    ]);
    expect(a.switches["heat"]).toBe("on");
    expect(ran.totals).toMatchObject({ changed: 1, failed: 0, ignored: 1 });
    expect(ran.exitCode).toBe(0);
  });

  it("is tried again until its condition holds", async () => {
    let tries = 0;
    const ran = await runOn({ a: new FakeSwitches() }, [
      play("p", all, {
        one: () => print({ text: "x" }, { retries: 3, delay: "1ms", until: () => ++tries === 3 }),
      }),
    ]);
    expect(tries).toBe(3);
    expect(ran.of("task:retry")).toHaveLength(2);
    expect(ran.exitCode).toBe(0);
  });

  it("is waited for on many hosts at once, without a word of Node.js about it", async () => {
    const warned = vi.fn();
    process.on("warning", warned);
    const hosts = Array.from({ length: 12 }, (_, index) => [`h${index}`, new FakeSwitches()] as const);
    let tries = 0;
    const ran = await runOn(
      Object.fromEntries(hosts),
      [
        play("p", all, {
          one: () => print({ text: "x" }, { retries: 1, delay: "50ms", until: () => ++tries > hosts.length }),
        }),
      ],
      { signal: new AbortController().signal },
    );
    await sleep(1);
    process.off("warning", warned);
    expect(ran.of("task:retry")).toHaveLength(12);
    expect(warned).not.toHaveBeenCalled();
  });

  it("is tried four times where it says until when, and not how often", async () => {
    let tries = 0;
    const ran = await runOn({ a: new FakeSwitches() }, [
      play("p", all, { one: () => print({ text: "x" }, { delay: "1ms", until: () => ++tries > 9 }) }),
    ]);
    expect(tries).toBe(4);
    expect(ran.of("host:failed")[0]?.error.message).toBe("the condition did not come true in 4 tries");
  });

  it("is told what is wrong with a condition that can't be one", async () => {
    let tries = 0;
    const never = async () => ++tries < 0;
    // @ts-expect-error an asynchronous condition would be true whatever it comes to
    const task = () => print({ text: "x" }, { delay: "1ms", until: never });
    const ran = await runOn({ a: new FakeSwitches() }, [play("p", all, { one: task })]);
    // to try again would only do the task again
    expect(tries).toBe(1);
    expect(ran.of("host:failed")[0]?.error.message).toMatch(/^until: expected true or false, got a promise/);
  });

  it.each([
    [{ retries: -1 }, /retries: expected a whole number from 0, got -1$/],
    [
      { delay: -1 },
      /delay: expected a time such as 5, "500ms" or "10m" \(in ms, s, m or h; at most 24 days\), got -1$/,
    ],
    [{ timeout: 0 }, /timeout: expected a time .*, above 0, got 0$/],
  ])("refuses %j", (options, message) => {
    expect(() => print({ text: "x" }, options)).toThrow(message);
  });

  it("may take as long as it likes: what no timer can count is no limit", async () => {
    const ran = await runOn({ a: new FakeSwitches() }, [
      play("p", all, { one: () => turn({ name: "light", to: "on" }, { timeout: "9000h" }) }),
    ]);
    expect(ran.exitCode).toBe(0);
  });

  it("reads its facts again before it is tried again", async () => {
    const a = new FakeSwitches({ light: "off" });
    const ran = await runOn({ a }, [
      play("p", all, {
        one: async () => {
          setTimeout(() => {
            a.switches["light"] = "on";
          }, 20);
          await expectSwitch({ name: "light", is: "on" }, { retries: 20, delay: "10ms" });
        },
      }),
    ]);
    expect(ran.exitCode).toBe(0);
  });
});

describe("round trips", () => {
  it("are one for all facts asked for in one tick", async () => {
    const a = new FakeSwitches({ a: "1", b: "1", c: "1" });
    const ran = await runOn({ a }, [
      play("p", all, { one: () => batch(["a", "b", "c"].map((name) => turn({ name, to: "1" }))) }),
    ]);
    expect(ran.hosts["a"]).toMatchObject({ ok: 3, roundTrips: 1 });
    expect(a.connection.scripts.filter((script) => script.includes("read-switches"))).toHaveLength(1);
  });

  it("after a change are needed only for what it set", async () => {
    const a = new FakeSwitches({ a: "0", b: "1" });
    const ran = await runOn({ a }, [
      play("p", all, {
        one: () => batch([turn({ name: "a", to: "1" }), turn({ name: "b", to: "1" })]),
        two: () => batch([turn({ name: "a", to: "1" }), turn({ name: "b", to: "1" })]),
      }),
    ]);
    // one to read both, one to change a, one to read a again
    expect(ran.hosts["a"]).toMatchObject({ ok: 3, changed: 1, roundTrips: 3 });
  });

  it("after an opaque change everything is read again", async () => {
    const a = new FakeSwitches({ a: "1" });
    await runOn({ a }, [
      play("p", all, {
        one: async () => {
          await turn({ name: "a", to: "1" });
          await print({ text: "x" });
          await turn({ name: "a", to: "1" });
        },
      }),
    ]);
    expect(a.connection.scripts.filter((script) => script.includes("read-switches"))).toHaveLength(2);
  });
});

describe("a batch", () => {
  it("applies its tasks in order and gives a typed tuple", async () => {
    const a = new FakeSwitches({ a: "0", b: "0" });
    await runOn({ a }, [
      play("p", all, {
        one: async () => {
          const [first, second] = await batch([turn({ name: "a", to: "1" }), print({ text: "done" })]);
          expect(first.value.was).toBe("0");
          expect(second.value).toBe("done");
        },
      }),
    ]);
    expect(a.changes).toEqual(["turn a 1", "print done"]);
  });

  it("lets a task see what the one before it changed", async () => {
    const a = new FakeSwitches({ a: "0" });
    const ran = await runOn({ a }, [
      play("p", all, {
        one: () => batch([turn({ name: "a", to: "1" }), expectSwitch({ name: "a", is: "1" })]),
      }),
    ]);
    expect(ran.exitCode).toBe(0);
  });
});

describe("check mode", () => {
  it("changes nothing, and later tasks see what would be", async () => {
    const a = new FakeSwitches({ a: "0" });
    const ran = await runOn(
      { a },
      [
        play("p", all, {
          one: () => turn({ name: "a", to: "1" }),
          two: () => expectSwitch({ name: "a", is: "1" }),
        }),
      ],
      {
        check: true,
      },
    );
    expect(a.changes).toEqual([]);
    expect(ran.statuses).toEqual(["a turn a: changed", "a expectSwitch a: ok"]);
  });

  it("calls a change likely when it follows from what an earlier change may touch", async () => {
    const a = new FakeSwitches({ a: "0" });
    const ran = await runOn(
      { a },
      [
        play("p", all, {
          one: async () => {
            await turn({ name: "a", to: "1", touches: ["arrivals"] });
            await turn({ name: "new", to: "1" });
          },
        }),
      ],
      { check: true },
    );
    expect(ran.statuses).toEqual(["a turn a: changed", "a turn new: likely"]);
  });

  it("keeps certain what an installation can't touch", async () => {
    const a = new FakeSwitches({ a: "0", there: "0" });
    const ran = await runOn(
      { a },
      [
        play("p", all, {
          one: () => turn({ name: "a", to: "1", touches: ["arrivals"] }),
          two: () => turn({ name: "there", to: "1" }),
        }),
      ],
      { check: true },
    );
    expect(ran.statuses[1]).toBe("a turn there: changed");
  });

  it("calls a task unknown when it is right now but an earlier change may alter that", async () => {
    const ran = await runOn(
      { a: new FakeSwitches() },
      [play("p", all, { one: () => print({ text: "x" }), two: () => turn({ name: "new", to: "missing" }) })],
      {
        check: true,
      },
    );
    expect(ran.statuses[1]).toBe("a turn new: unknown");
  });

  it("takes nothing for certain that a task may alter of which it can't know whether it does", async () => {
    const drift = defineFact<string, string>({
      name: "test.drift",
      script: (names) => sh`read-switches ${names}`,
      parse: (stdout, names) => new Map(names.map((name) => [name, stdout.toString().trim()])),
    });
    const allow = defineModule({
      name: "allow",
      summary: "Turns on what nobody has said the grounds of.",
      params: {},
      async *plan(planning) {
        if ((await planning.fact(drift, "x")) === "on") return;
        const sets = [drift.is("x", "on")];
        yield change({ what: "on", script: sh`turn x on`, sets, touches: [switchFact.of("light")] });
      },
    });
    const host = new FakeSwitches({ light: "off", heat: "on", x: "off" });
    const ran = await runOn(
      { a: host },
      [
        play(
          "p",
          { hosts: "all" },
          {
            s: async () => {
              await allow({});
              await allow({});
              await turn({ name: "light", to: "off" });
              await turn({ name: "heat", to: "on" });
              await allow({});
            },
          },
        ),
      ],
      { check: true },
    );
    expect(ran.of("task:end").map(({ status }) => status)).toEqual([
      "changed",
      "ok",
      "unknown",
      "ok",
      "unknown",
    ]);
  });

  it("goes on past a requirement that an earlier change may bring about", async () => {
    const ran = await runOn(
      { a: new FakeSwitches() },
      [
        play("p", all, {
          one: () => print({ text: "x" }),
          two: () => expectSwitch({ name: "new", is: "1" }),
        }),
      ],
      {
        check: true,
      },
    );
    expect(ran.exitCode).toBe(0);
    expect(ran.statuses[1]).toBe("a expectSwitch new: unknown");
    expect(ran.of("task:end")[1]?.reason).toMatch(/^as yet new is .*; an earlier change may alter that$/);
  });

  it("fails where a requirement certainly does not hold", async () => {
    const ran = await runOn(
      { a: new FakeSwitches({ a: "0" }) },
      [play("p", all, { one: () => expectSwitch({ name: "a", is: "1" }) })],
      {
        check: true,
      },
    );
    expect(ran.exitCode).toBe(2);
  });

  it("ends a step as unknown where its code reads what only a real run can give", async () => {
    const ran = await runOn(
      { a: new FakeSwitches({ a: "0" }) },
      [
        play("p", all, {
          one: async () => {
            const printed = await print({ text: "x" });
            if (printed.value === "x") fail("never reached in a plan");
          },
          two: () => turn({ name: "a", to: "1" }),
        }),
      ],
      { check: true },
    );
    expect(ran.exitCode).toBe(0);
    expect(ran.of("host:step:end")[0]?.unknown?.message).toContain("it depends on what a command prints");
    expect(ran.statuses.at(-1)).toBe("a turn a: likely");
  });
});

describe("handlers", () => {
  const bell = print({ text: "bell" });
  const gong = print({ text: "gong" });

  it("run once, at the play's end, in the order of their first notification", async () => {
    const a = new FakeSwitches({ a: "0", b: "0", c: "0" });
    await runOn({ a }, [
      play("p", all, {
        one: () => turn({ name: "a", to: "1" }, { notify: gong }),
        two: () => turn({ name: "b", to: "1" }, { notify: [bell, print({ text: "gong" })] }),
        three: () => turn({ name: "c", to: "1" }),
      }),
    ]);
    expect(a.changes).toEqual(["turn a 1", "turn b 1", "turn c 1", "print gong", "print bell"]);
  });

  it("do not run where nothing changed", async () => {
    const a = new FakeSwitches({ a: "1" });
    await runOn({ a }, [play("p", all, { one: () => turn({ name: "a", to: "1" }, { notify: bell }) })]);
    expect(a.changes).toEqual([]);
  });

  it("run also when the host fails later", async () => {
    const a = new FakeSwitches({ a: "0" });
    const ran = await runOn({ a }, [
      play("p", all, {
        one: () => turn({ name: "a", to: "1" }, { notify: bell }),
        two: async () => fail("no"),
      }),
    ]);
    expect(a.changes).toEqual(["turn a 1", "print bell"]);
    expect(ran.exitCode).toBe(2);
  });

  it("run at once when flushed, and not again", async () => {
    const a = new FakeSwitches({ a: "0", b: "0" });
    await runOn({ a }, [
      play("p", all, {
        one: async () => {
          await turn({ name: "a", to: "1" }, { notify: bell });
          await flushHandlers();
          await turn({ name: "b", to: "1" });
        },
      }),
    ]);
    expect(a.changes).toEqual(["turn a 1", "print bell", "turn b 1"]);
  });

  it("made inside a step for notify need no await", async () => {
    const ran = await runOn({ a: new FakeSwitches({ a: "0" }) }, [
      play("p", all, { one: () => turn({ name: "a", to: "1" }, { notify: print({ text: "bell" }) }) }),
    ]);
    expect(ran.exitCode).toBe(0);
  });
});

describe("hosts", () => {
  it("wait for each other at every step", async () => {
    const order: string[] = [];
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await runOn({ a: new FakeSwitches(), b: new FakeSwitches() }, [
      play("p", all, {
        one: async ({ host }) => {
          if (host.name === "a") await wait(20);
          order.push(`${host.name} one`);
        },
        two: async ({ host }) => {
          order.push(`${host.name} two`);
        },
      }),
    ]);
    expect(order).toEqual(["b one", "a one", "a two", "b two"]);
  });

  it("that lose their connection are unreachable, and nobody else notices", async () => {
    const a = new FakeSwitches({ light: "off" });
    a.dieOn = /^turn/;
    const b = new FakeSwitches({ light: "off" });
    const ran = await runOn({ a, b }, [play("p", all, { one: () => turn({ name: "light", to: "on" }) })]);
    expect(ran.of("host:unreachable").map(({ host, error }) => [host, error.code])).toEqual([
      ["a", "host.lost"],
    ]);
    expect(ran.totals).toMatchObject({ unreachable: 1, failed: 0, changed: 1 });
    expect(ran.exitCode).toBe(4);
  });

  it("that can't be reached do not stop the others", async () => {
    const b = new FakeSwitches({ light: "off" });
    const refused = new ShowrunnerError("host.unreachable", "nothing listens on a:22");
    const ran = await runOn(
      { a: new FakeSwitches(), b },
      [play("p", all, { one: () => turn({ name: "light", to: "on" }) })],
      {
        access: ({ name }) => ({
          lease: false,
          connect: () => (name === "a" ? Promise.reject(refused) : Promise.resolve(b.connection)),
        }),
      },
    );
    expect(ran.exitCode).toBe(4);
    expect(b.switches["light"]).toBe("on");
  });

  it("can be delegated to, with facts of their own", async () => {
    const a = new FakeSwitches({ light: "off" });
    const b = new FakeSwitches({ light: "off" });
    await runOn({ a, b }, [
      play(
        "p",
        { hosts: "a" },
        { one: async () => void (await on("b", () => turn({ name: "light", to: "on" }))) },
      ),
    ]);
    expect([a.switches["light"], b.switches["light"]]).toEqual(["off", "on"]);
  });

  it("share what is done once", async () => {
    const a = new FakeSwitches();
    const b = new FakeSwitches();
    const got: string[] = [];
    await runOn({ a, b }, [
      play("p", all, {
        one: async () => {
          const text = await once(async () => (await print({ text: "hello" })).value);
          got.push(text);
        },
      }),
    ]);
    expect(got).toEqual(["hello", "hello"]);
    expect(a.changes.length + b.changes.length).toBe(1);
  });
});

describe("what a run emits", () => {
  it("holds no secret, in values, titles, output or errors", async () => {
    const password = secret("correct horse'battery");
    const a = new FakeSwitches();
    a.failOn = /^turn/;
    const ran = await runOn({ a }, [
      play("p", all, {
        one: () => print({ text: password.reveal() }),
        two: () => turn({ name: "light", to: password.reveal() }),
      }),
    ]);
    expect(JSON.stringify(ran.events)).not.toContain("horse");
    expect(JSON.stringify(ran.events)).toContain("********");
  });
});
