/** What a plan says where a step's code goes by a result that only a real run has. */
import { describe, expect, it } from "vitest";
import { exitCode, ShowrunnerError } from "../../src/base/errors.ts";
import { sh } from "../../src/base/script.ts";
import { change } from "../../src/core/facts/change.ts";
import { defineFact, type Fact } from "../../src/core/facts/fact.ts";
import { play } from "../../src/core/plays/play.ts";
import { on } from "../../src/core/steps/on.ts";
import { once } from "../../src/core/steps/once.ts";
import { fail } from "../../src/core/tasks/fail.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { command } from "../../src/modules/commands/command.ts";
import { http } from "../../src/modules/net/http.ts";
import { expectSwitch, FakeSwitches, print, runOn, turn, worldFact } from "./harness.ts";

type Body = (context: { host: { name: string } }) => Promise<void>;

/** Plans a step on a host, and another step behind it which turns the heating on. */
const planned = (one: Body, hosts: Record<string, FakeSwitches> = { a: new FakeSwitches({ heat: "off" }) }) =>
  runOn(
    hosts,
    [play("p", { hosts: "all" }, { one, two: async () => void (await turn({ name: "heat", to: "on" })) })],
    { check: true },
  );

const unknownOf = ({ of }: Awaited<ReturnType<typeof planned>>) =>
  of("host:step:end").find(({ unknown }) => unknown !== undefined)?.unknown;

describe("code that reads what only a real run has", () => {
  it("ends its step as unknown, and says which line asked which task", async () => {
    const ran = await planned(async () => {
      const version = await command({ argv: ["openssl", "version"] });
      await turn({ name: "light", to: "on" });
      if (version.value.stdout.startsWith("OpenSSL 3")) fail("never reached in a plan");
    });
    const unknown = unknownOf(ran);
    expect(unknown).toMatchObject({
      message: "what command openssl version gives is unknown: it depends on what a command prints",
      task: { label: "command openssl version" },
      hint: "if the command changes nothing, give it `readOnly: true`: then it is run in a check, too",
    });
    expect(unknown?.location?.file).toMatch(/unknown\.test\.ts$/);
    expect(unknown?.task?.location?.file).toMatch(/unknown\.test\.ts$/);
    expect(unknown?.location?.line).toBeGreaterThan(unknown?.task?.location?.line ?? 0);
    expect(ran.exitCode).toBe(exitCode.fine);
  });

  it("makes its own step unsure, also where another one made the result", async () => {
    let made: { readonly changed: boolean } | undefined;
    const likely = () => turn({ name: "light", to: "on" });
    const steps = {
      zero: async () => void (await print({ text: "anything" }, { name: "opaque" })),
      one: async () => {
        made = await likely();
      },
      two: async () => {
        if (made?.changed) await turn({ name: "heat", to: "on" });
      },
    };
    const ran = await runOn(
      { a: new FakeSwitches({ light: "off", heat: "off" }) },
      [play("p", { hosts: "all" }, steps)],
      {
        check: true,
      },
    );
    expect(ran.statuses).toEqual(["a print opaque: changed", "a turn light: likely", "a turn heat: likely"]);
  });

  it("makes the host unsure that reads it, and not the one that did the work for all", async () => {
    const hosts = { a: new FakeSwitches({ heat: "off" }), b: new FakeSwitches({ heat: "off" }) };
    const ran = await planned(async ({ host }) => {
      const printed = await once(() => print({ text: "x" }));
      if (host.name === "b") {
        try {
          if (printed.value === "x") fail("never reached in a plan");
        } catch {
          await turn({ name: "light", to: "on" });
        }
      }
    }, hosts);
    const unsure = ran.of("host:step:end").filter(({ unknown }) => unknown !== undefined);
    expect(unsure.map(({ host }) => host)).toEqual(["b"]);
  });

  it("is told of readOnly only where the module has it", async () => {
    const ran = await planned(async () => {
      const printed = await print({ text: "x" });
      fail(printed.value);
    });
    expect(unknownOf(ran)).toMatchObject({ task: { label: "print x" }, hint: undefined });
  });

  it("is not told of readOnly where the command was read-only, and something earlier makes it unknown", async () => {
    const ran = await planned(async () => {
      await print({ text: "x" });
      const found = await http({ url: "http://127.0.0.1:9/", timeout: "5s" });
      fail(found.value.body);
    });
    expect(unknownOf(ran)).toMatchObject({ task: { label: "http http://127.0.0.1:9/" }, hint: undefined });
  });

  it("is told why, where an earlier task makes the result unknown", async () => {
    const ran = await planned(async () => {
      await print({ text: "x" });
      const { changed } = await turn({ name: "new", to: "missing" });
      if (changed) fail("never reached");
    });
    expect(unknownOf(ran)?.message).toBe(
      "whether turn new changes anything is unknown: an earlier change may alter what this depends on",
    );
  });

  it("of a task that may fail asks in vain whether it does", async () => {
    const ran = await planned(async () => {
      await print({ text: "x" });
      const { failed } = await expectSwitch({ name: "new", is: "on" }, { ignoreErrors: true });
      if (!failed) await turn({ name: "light", to: "on" });
    });
    expect(unknownOf(ran)?.message).toBe("whether expectSwitch new fails is unknown: new is missing");
    expect(ran.statuses).not.toContain("a turn light: likely");
  });
});

describe("code that catches that a result is unknown", () => {
  /** The catch is meant for what fails, and gets what is unknown. */
  const rescuing = async (rescue: () => PromiseLike<unknown>) => {
    try {
      const printed = await print({ text: "x" });
      if (printed.value !== "x") fail("it is not x");
    } catch {
      await rescue();
    }
  };

  it("plans its tasks as unknown, and what follows as likely", async () => {
    const a = new FakeSwitches({ light: "off", heat: "off" });
    const ran = await planned(() => rescuing(() => turn({ name: "light", to: "on" })), { a });
    expect(ran.statuses).toEqual(["a print x: changed", "a turn light: unknown", "a turn heat: likely"]);
    expect(ran.of("task:end")[1]?.reason).toBe("whether this is run at all is not known");
    expect(unknownOf(ran)?.message).toContain("what print x gives is unknown");
    expect(ran.exitCode).toBe(exitCode.fine);
    expect(a.changes).toEqual([]);
  });

  it("has an unknown step, also where it does nothing more", async () => {
    const ran = await planned(() => rescuing(async () => undefined));
    expect(unknownOf(ran)?.message).toContain("what print x gives is unknown");
    expect(ran.hosts["a"]).toMatchObject({ changed: 1, likely: 1, unknown: 1 });
  });

  it("has an unknown step, not a failed one, where it fails then", async () => {
    for (const rescue of [
      async () => fail("rescue is impossible"),
      () => expectSwitch({ name: "light", is: "on" }),
      async () => {
        throw new Error("thrown");
      },
    ]) {
      const ran = await planned(() => rescuing(rescue));
      expect(ran.exitCode).toBe(exitCode.fine);
      expect(unknownOf(ran)?.message).toContain("what print x gives is unknown");
    }
  });

  it("notifies handlers that are unknown, too", async () => {
    const bell = print({ text: "bell" });
    const ran = await planned(() => rescuing(() => turn({ name: "light", to: "on" }, { notify: bell })));
    expect(ran.statuses).toContain("a print bell: unknown");
  });

  it("on another host, or in a body that all hosts share, is no surer", async () => {
    const hosts = () => ({ a: new FakeSwitches(), b: new FakeSwitches() });
    const elsewhere = await planned(async ({ host }) => {
      if (host.name === "a") await rescuing(() => on("b", () => turn({ name: "light", to: "on" })));
    }, hosts());
    expect(elsewhere.statuses).toContain("b turn light: unknown");
    const shared = await planned(async ({ host }) => {
      try {
        await once(async () => (await print({ text: "x" })).value);
      } catch {
        await turn({ name: host.name, to: "on" });
      }
    }, hosts());
    expect(shared.statuses).toContain("a turn a: unknown");
    expect(shared.statuses).toContain("b turn b: unknown");
  });

  it("fails where another host is unreachable to which it delegates", async () => {
    const b = new FakeSwitches();
    b.dieOn = /read-switches/;
    const ran = await planned(
      async ({ host }) => {
        if (host.name === "a") await rescuing(() => on("b", () => turn({ name: "light", to: "on" })));
      },
      { a: new FakeSwitches(), b },
    );
    expect(ran.of("host:failed").map(({ host }) => host)).toEqual(["a"]);
  });

  it("has a host that is unreachable nevertheless", async () => {
    const refused = new ShowrunnerError("host.unreachable", "down");
    const ran = await runOn(
      { a: new FakeSwitches() },
      [
        play(
          "p",
          { hosts: "all" },
          {
            one: () =>
              rescuing(async () => {
                throw refused;
              }),
          },
        ),
      ],
      { check: true },
    );
    expect(ran.exitCode).toBe(exitCode.hostUnreachable);
  });
});

describe("a rescue", () => {
  const rescue = async (attempt: () => PromiseLike<unknown>) => {
    try {
      await attempt();
    } catch {
      await turn({ name: "candle", to: "on" });
    }
  };

  it("from a task that certainly fails is planned, with certainty", async () => {
    const a = new FakeSwitches({ light: "off", heat: "on" });
    const ran = await planned(() => rescue(() => expectSwitch({ name: "light", is: "on" })), { a });
    expect(ran.statuses).toEqual([
      "a expectSwitch light: failed",
      "a turn candle: changed",
      "a turn heat: ok",
    ]);
    expect(ran.totals).toMatchObject({ failed: 0, changed: 1 });
    expect(ran.exitCode).toBe(exitCode.fine);
  });

  it("from a task that may fail is not planned: a plan assumes that changes succeed", async () => {
    const ran = await planned(() => rescue(() => print({ text: "x" })));
    expect(ran.statuses).toEqual(["a print x: changed", "a turn heat: likely"]);
  });

  it("from a task whose failure is unknown is not planned", async () => {
    const ran = await planned(async () => {
      await print({ text: "x" });
      await rescue(() => expectSwitch({ name: "new", is: "on" }));
    });
    expect(ran.statuses.slice(0, 2)).toEqual(["a print x: changed", "a expectSwitch new: unknown"]);
    expect(ran.statuses).not.toContain("a turn candle: likely");
  });
});

describe("code that fails", () => {
  it("by a result that is only likely makes the step unknown, and says what may fail", async () => {
    const ran = await planned(async () => {
      await print({ text: "x" });
      const { changed } = await turn({ name: "light", to: "on" });
      if (changed) fail("the light was off", "fix it");
    });
    expect(ran.exitCode).toBe(exitCode.fine);
    expect(unknownOf(ran)).toMatchObject({
      message: "it fails if the likely changes are made: the light was off",
      location: { file: expect.stringMatching(/unknown\.test\.ts$/) },
      hint: "fix it",
    });
  });

  it("by what is certain fails in a plan, too", async () => {
    const ran = await planned(async () => {
      const { changed } = await turn({ name: "light", to: "on" });
      if (changed) fail("the light was off");
    });
    expect(ran.exitCode).toBe(exitCode.hostFailed);
  });

  it("by a mistake of its own fails, however likely what it has read", async () => {
    const ran = await planned(async () => {
      await print({ text: "x" });
      const { changed } = await turn({ name: "light", to: "on" });
      if (changed) turn({ name: "never awaited", to: "on" });
    });
    expect(ran.of("host:failed")[0]?.error.code).toBe("task.not-awaited");
  });
});

it("in a real run, an ignored failure gives nothing, and to catch that alters nothing", async () => {
  const a = new FakeSwitches({ light: "off" });
  a.failOn = /^print/;
  const ran = await runOn({ a }, [
    play(
      "p",
      { hosts: "all" },
      {
        one: async () => {
          const printed = await print({ text: "x" }, { ignoreErrors: true });
          try {
            fail(printed.value);
          } catch (error) {
            expect(error).toMatchObject({
              code: "task.failed",
              message: "print x failed, so it gives nothing: run: ended with status 1",
            });
            await turn({ name: "light", to: "on" });
          }
        },
      },
    ),
  ]);
  expect(a.switches["light"]).toBe("on");
  expect(ran.statuses.at(-1)).toBe("a turn light: changed");
  expect(unknownOf(ran)).toBeUndefined();
});

describe("what other hosts answer", () => {
  const answers = (fact: Fact<string, string>) =>
    defineModule({
      name: "answers",
      summary: "Fails unless something answers.",
      params: {},
      async *plan(host) {
        const now = await host.fact(fact, "light");
        if (now !== "on") fail(`it is ${now}`);
        return now;
      },
    });
  const serving = [
    play("server", { hosts: "a" }, { one: () => turn({ name: "light", to: "on" }) }),
    play("client", { hosts: "b" }, { two: () => answers(worldFact)({}) }),
  ];

  it("is no certain failure where a change on another host may bring it about", async () => {
    const hosts = () => ({ a: new FakeSwitches({ light: "off" }), b: new FakeSwitches({ light: "off" }) });
    const ran = await runOn(hosts(), serving, { check: true });
    expect(ran.statuses).toEqual(["a turn light: changed", "b answers : unknown"]);
    expect(ran.totals.failed).toBe(0);
  });

  it("is no certain failure after a change that does not say what it alters", async () => {
    const nudge = defineModule({
      name: "nudge",
      summary: "Nudges.",
      params: {},
      async *plan() {
        yield change({ what: "nudged", script: sh`true` });
      },
    });
    const ran = await runOn(
      { a: new FakeSwitches(), b: new FakeSwitches({ light: "off" }) },
      [
        play("server", { hosts: "a" }, { one: () => nudge({}) }),
        play("client", { hosts: "b" }, { two: () => answers(worldFact)({}) }),
      ],
      { check: true },
    );
    expect(ran.statuses).toEqual(["a nudge : changed", "b answers : unknown"]);
  });

  it("fails for certain behind a task of which its author says that it changes nothing", async () => {
    const ran = await runOn(
      { a: new FakeSwitches(), b: new FakeSwitches({ light: "off" }) },
      [
        play("server", { hosts: "a" }, { one: () => print({ text: "sync" }, { changedWhen: false }) }),
        play("client", { hosts: "b" }, { two: () => answers(worldFact)({}) }),
      ],
      { check: true },
    );
    expect(ran.statuses).toEqual(["a print sync: ok", "b answers : failed"]);
  });

  it("fails for certain where nothing would change anywhere", async () => {
    const hosts = { a: new FakeSwitches({ light: "on" }), b: new FakeSwitches({ light: "off" }) };
    const ran = await runOn(hosts, serving, { check: true });
    expect(ran.statuses).toEqual(["a turn light: ok", "b answers : failed"]);
  });

  it("is another matter than what a command reads on its own host, which stays certain", async () => {
    const ownFact = defineFact<string, string>({
      name: "test.own",
      about: "world",
      mostlyOwn: true,
      script: (names) => sh`read-switches ${names}`,
      parse: (stdout, names) => new Map(names.map((name) => [name, stdout.toString().trim()])),
    });
    const ran = await runOn(
      { a: new FakeSwitches({ light: "off" }), b: new FakeSwitches({ light: "on" }) },
      [
        play("p", { hosts: "a" }, { one: () => turn({ name: "light", to: "on" }) }),
        play(
          "q",
          { hosts: "b" },
          {
            two: () => answers(ownFact)({}),
            three: () => turn({ name: "x", to: "on" }),
            four: () => answers(ownFact)({}),
          },
        ),
      ],
      { check: true },
    );
    expect(ran.statuses.slice(1)).toEqual(["b answers : ok", "b turn x: changed", "b answers : unknown"]);
  });
});
