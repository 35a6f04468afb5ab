/** What an earlier run has read is read at once, and is never taken for more than it is. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { Type } from "../../src/base/schema.ts";
import { sh } from "../../src/base/script.ts";
import { secret } from "../../src/base/secret.ts";
import { change } from "../../src/core/facts/change.ts";
import { defineFact } from "../../src/core/facts/fact.ts";
import { play } from "../../src/core/plays/play.ts";
import type { StepBody } from "../../src/core/plays/step.ts";
import { on } from "../../src/core/steps/on.ts";
import { once } from "../../src/core/steps/once.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { expectSwitch, FakeSwitches, print, runOn, switchFact, turn } from "./harness.ts";
import { applyOn, one, planOn } from "./plan-harness.ts";

const folder = mkdtempSync(join(tmpdir(), "reads-"));
const history = join(folder, "deep", "reads.json");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => rmSync(join(folder, "deep"), { recursive: true, force: true }));

/** One, and another one where a busy machine holds the process up so long that its code may have done anything. */
const few = 2;

const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
const allOff = () => Object.fromEntries(names.map((name) => [name, "off"]));

type Steps = Record<string, StepBody<Record<never, never>>>;
const plays = (steps: Steps, options: { noLog?: boolean } = {}) => [
  play("test", { hosts: "all", ...options }, steps),
];

const natural = async () => {
  for (const name of names) await turn({ name, to: "off" });
};

const run = (hosts: Record<string, FakeSwitches>, steps: Steps, more: Parameters<typeof runOn>[2] = {}) =>
  runOn(hosts, plays(steps), { readHistory: history, ...more });

/** Runs it, and again on hosts that are as they were at first. */
async function twice(make: () => Record<string, FakeSwitches>, steps: Steps) {
  const first = await run(make(), steps);
  expect(first.exitCode).toBe(0);
  const hosts = make();
  const again = await run(hosts, steps);
  return { again, hosts };
}

describe("a first run", () => {
  it("reads at once what tasks will ask for that are made before they are awaited", async () => {
    const host = new FakeSwitches({ ...allOff(), s3: "on" });
    const made = async () => {
      const tasks = names.map((name) => turn({ name, to: "off" }));
      for (const task of tasks) await task;
    };
    const ran = await runOn({ a: host }, plays({ made }));
    expect(host.changes).toEqual(["turn s3 off"]);
    expect(ran.hosts["a"]?.roundTrips).toBeLessThanOrEqual(1 + few);
  });
});

/** Switches that are read all at once, whatever is asked. */
const allSwitches = defineFact<string, string>({
  ...switchFact.source,
  name: "test.all",
  readsAll: true,
});

/** How many switches there are: the script of all of them prints it, too. */
const switchCount = defineFact<string, number>({
  name: "test.count",
  printedBy: allSwitches,
  script: () => sh`read-switches none`,
  parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.toString().trim().split("\n").length])),
});

/** Counts them, alone or with a look at one of them. */
const countSwitches = defineModule({
  name: "countSwitches",
  summary: "Counts the switches.",
  params: { along: Type.Optional(Type.String()) },
  async *plan(host, { along }) {
    const [counted] = await Promise.all([
      host.fact(switchCount, ""),
      along === undefined ? undefined : host.fact(allSwitches, along),
    ]);
    return counted;
  },
});

/** Reads a switch by both facts at once. */
const look = defineModule({
  name: "look",
  summary: "Looks at a switch.",
  params: { name: Type.String() },
  async *plan(host, { name }) {
    await Promise.all([host.fact(allSwitches, name), host.fact(switchFact, name)]);
  },
});

describe("facts that can be read together", () => {
  const steps = {
    look: async () => {
      for (const name of ["s1", "s2", "s3"]) await look({ name });
    },
  };

  it("asks a whole database once, for what a task asks for now and what is expected later", async () => {
    const { hosts, again } = await twice(() => ({ a: new FakeSwitches(allOff()) }), steps);
    expect(again.hosts["a"]?.roundTrips).toBeLessThanOrEqual(few);
    const reading = hosts["a"]?.connection.scripts.filter((script) => script.includes("read-switches")) ?? [];
    expect(reading[0]).toMatch(/read-switches s1 s2 s3$/);
  });

  it("runs a script once that several facts have in common", async () => {
    const host = new FakeSwitches(allOff());
    await run({ a: host }, steps);
    const reading = host.connection.scripts.filter((script) => script.includes("read-switches"));
    expect(reading.map((script) => script.split("\n").at(-1))).toEqual([
      "read-switches s1",
      "read-switches s2",
      "read-switches s3",
    ]);
  });

  it("leaves a fact to another one's script that prints it, too, where both are asked for", async () => {
    const counted: number[] = [];
    const reading = async (along: string | undefined) => {
      const host = new FakeSwitches(allOff());
      const step = async () =>
        void counted.push((await countSwitches({ ...(along ? { along } : {}) })).value);
      const { exitCode } = await run({ a: host }, { step });
      expect(exitCode).toBe(0);
      return host.connection.scripts.flatMap((script) => /read-switches.*$/.exec(script) ?? []);
    };
    expect(await reading(undefined)).toEqual(["read-switches none"]);
    expect(await reading("s1")).toEqual(["read-switches s1"]);
    expect(counted).toEqual([1, 1]);
  });

  it("tells each fact that a script failed which they have in common", async () => {
    const broken = () => {
      const host = new FakeSwitches(allOff());
      host.failOn = /read-switches/;
      return { a: host };
    };
    const { exitCode, of } = await run(broken(), steps);
    expect(exitCode).toBe(2);
    expect(of("task:end")[0]?.error?.message).toContain("test.all");
  });
});

describe("a second run", () => {
  it("reads in one round trip what the first read task by task, through all steps and plays", async () => {
    const hosts = () => ({ a: new FakeSwitches(allOff()), b: new FakeSwitches(allOff()) });
    const steps: Steps = {
      one: natural,
      two: async () => {
        for (const name of names) await expectSwitch({ name: `${name}-two`, is: "missing" });
      },
    };
    const first = await run(hosts(), steps);
    expect(first.hosts["a"]?.roundTrips).toBe(40);
    const again = await run(hosts(), steps);
    for (const host of ["a", "b"]) expect(again.hosts[host]?.roundTrips).toBeLessThanOrEqual(few);
    expect(again.statuses.toSorted()).toEqual(first.statuses.toSorted());
  });

  it("reads what the steps need that it runs, and keeps what is known of the others", async () => {
    const steps: Steps = { one: natural, two: () => expectSwitch({ name: "other", is: "missing" }) };
    await run({ a: new FakeSwitches(allOff()) }, steps);
    const host = new FakeSwitches(allOff());
    await run({ a: host }, steps, { selection: { startAt: "two" } });
    expect(host.connection.scripts.join("\n")).not.toContain("s1");
    const again = await run({ a: new FakeSwitches(allOff()) }, steps);
    expect(again.hosts["a"]?.roundTrips).toBeLessThanOrEqual(few);
  });

  it("sees what was changed by hand since the first", async () => {
    await run({ a: new FakeSwitches(allOff()) }, { natural });
    const host = new FakeSwitches({ ...allOff(), s7: "on" });
    await run({ a: host }, { natural });
    expect(host.changes).toEqual(["turn s7 off"]);
  });

  it("does what an edited playbook says", async () => {
    await run({ a: new FakeSwitches(allOff()) }, { natural });
    const host = new FakeSwitches(allOff());
    const edited = await run({ a: host }, { natural: () => turn({ name: "new", to: "on" }) });
    expect(host.changes).toEqual(["turn new on"]);
    expect(edited.hosts["a"]?.roundTrips).toBe(2);
    // what nobody asked for is not read again
    const again = new FakeSwitches({ new: "on" });
    await run({ a: again }, { natural: () => turn({ name: "new", to: "on" }) });
    expect(again.connection.scripts.join("\n")).not.toContain("s1");
  });

  it("sees what was changed in a step before, by a task on the same host", async () => {
    /** Turning one of its switches turns another one. */
    class Linked extends FakeSwitches {
      override respond(script: string) {
        if (script === "turn s2 off") this.switches["s3"] = "on";
        return super.respond(script);
      }
    }
    const steps: Steps = {
      change: async () => {
        await turn({ name: "s1", to: "on" });
        await turn({ name: "s2", to: "off", touches: ["everything"] });
      },
      look: async () => {
        await expectSwitch({ name: "s1", is: "on" });
        await expectSwitch({ name: "s3", is: "on" });
      },
    };
    const { again } = await twice(() => ({ a: new Linked({ s1: "off", s2: "on", s3: "off" }) }), steps);
    expect(again.exitCode).toBe(0);
  });

  it("sees what a handler has changed", async () => {
    const handler = () => turn({ name: "s2", to: "on" });
    const both = [
      play("first", { hosts: "all" }, { step: () => turn({ name: "s1", to: "on" }, { notify: handler() }) }),
      play("second", { hosts: "all" }, { step: () => expectSwitch({ name: "s2", is: "on" }) }),
    ];
    for (let count = 0; count < 2; count++) {
      const { exitCode } = await runOn({ a: new FakeSwitches(allOff()) }, both, { readHistory: history });
      expect(exitCode).toBe(0);
    }
  });

  it("sees what code on another host has changed here", async () => {
    const steps: Steps = {
      delegate: async ({ host }) => {
        if (host.name === "a") await on("b", () => turn({ name: "s1", to: "on" }));
      },
      look: async ({ host }) => {
        if (host.name === "b") await expectSwitch({ name: "s1", is: "on" });
      },
    };
    const hosts = () => ({ a: new FakeSwitches(allOff()), b: new FakeSwitches(allOff()) });
    expect((await twice(hosts, steps)).again.exitCode).toBe(0);
  });

  describe("on hosts that share what they have", () => {
    /** Two names of one host: as two hosts see a directory that they share. */
    const shared = () => {
      const one = new FakeSwitches(allOff());
      return { a: one, b: one };
    };

    it("sees what another host has changed in a step before", async () => {
      const steps: Steps = {
        change: async ({ host }) => {
          await expectSwitch({ name: "s9", is: "off" });
          if (host.name === "b") await turn({ name: "s1", to: "on" });
        },
        look: async ({ host }) => {
          if (host.name === "a") await expectSwitch({ name: "s1", is: "on" });
        },
      };
      expect((await twice(shared, steps)).again.exitCode).toBe(0);
    });

    it("sees what was changed through another host in the same step", async () => {
      const steps: Steps = {
        both: async ({ host }) => {
          if (host.name !== "a") return;
          await expectSwitch({ name: "s9", is: "off" });
          await on("b", () => turn({ name: "s1", to: "on" }));
          await expectSwitch({ name: "s1", is: "on" });
        },
      };
      expect((await twice(shared, steps)).again.exitCode).toBe(0);
    });

    it("sees what the same task has done on a host whose turn was before", async () => {
      let goOn: () => void = () => undefined;
      let isRead = Promise.resolve();
      const slowly = defineModule({
        name: "slowly",
        summary: "Turns a switch on, once it may go on.",
        params: {},
        async *plan(host) {
          await isRead;
          const now = await host.fact(switchFact, "s1");
          if (now === "on") return;
          yield change({ what: "position", script: sh`turn s1 on`, sets: [switchFact.is("s1", "on")] });
        },
      });
      const steps: Steps = {
        step: async ({ host }) => {
          if (host.name === "b") {
            await expectSwitch({ name: "s9", is: "off" });
            goOn();
          }
          await slowly({}, { throttle: 1 });
        },
      };
      for (let count = 0; count < 2; count++) {
        isRead = new Promise((resolve) => {
          goOn = resolve;
        });
        const { a, b } = shared();
        await run({ a, b }, steps);
        expect(a.changes).toEqual(["turn s1 on"]);
      }
    });

    it("sees what code on another host has done beside a task, at that code's end", async () => {
      let one = new FakeSwitches();
      const steps: Steps = {
        both: async ({ host }) => {
          if (host.name !== "a") return;
          await expectSwitch({ name: "s9", is: "off" });
          const until = () => one.switches["s1"] === "on";
          await Promise.all([
            print({ text: "x" }, { touches: [], until, retries: 500, delay: 0 }).then(() => undefined),
            on("b", async () => {
              await sleep(30); // copies something to the hosts, say
              one.switches["s1"] = "on";
            }),
          ]);
          await expectSwitch({ name: "s1", is: "on" });
        },
      };
      const hosts = () => {
        const { a, b } = shared();
        one = a;
        return { a, b };
      };
      expect((await twice(hosts, steps)).again.exitCode).toBe(0);
    });

    it("sees what another host has done once for all", async () => {
      const steps: Steps = {
        both: async ({ host }) => {
          if (host.name === "b") await expectSwitch({ name: "s9", is: "off" });
          await once(() => turn({ name: "s1", to: "on" }));
          if (host.name === "b") await expectSwitch({ name: "s1", is: "on" });
        },
      };
      expect((await twice(shared, steps)).again.exitCode).toBe(0);
    });
  });

  it("sees what the step's own code has changed by means of its own", async () => {
    let host = new FakeSwitches(allOff());
    const steps: Steps = {
      step: async () => {
        await expectSwitch({ name: "s9", is: "off" });
        await sleep(30); // copies something to the host, say
        host.switches["s1"] = "on";
        await expectSwitch({ name: "s1", is: "on" });
      },
    };
    expect((await run({ a: host }, steps)).exitCode).toBe(0);
    host = new FakeSwitches(allOff());
    expect((await run({ a: host }, steps)).exitCode).toBe(0);
  });

  describe("sees what the step's own code has changed", () => {
    let a: FakeSwitches;
    let b: FakeSwitches;
    const copies = async () => {
      await sleep(30); // copies something to the hosts, say
      a.switches["s1"] = b.switches["s1"] = "on";
    };
    const kinds: Record<string, Steps> = {
      "at the end of a step": {
        first: async () => {
          await expectSwitch({ name: "s9", is: "off" });
          await copies();
        },
        second: async () => void (await expectSwitch({ name: "s1", is: "on" })),
      },
      "at the end of another host's step": {
        first: async ({ host }) => {
          await expectSwitch({ name: "s9", is: "off" });
          if (host.name === "b") await copies();
        },
        second: async () => void (await expectSwitch({ name: "s1", is: "on" })),
      },
      "in a step without a task": {
        first: async () => void (await expectSwitch({ name: "s9", is: "off" })),
        second: copies,
        third: async () => void (await expectSwitch({ name: "s1", is: "on" })),
      },
      "beside a task that goes on": {
        step: async () => {
          await expectSwitch({ name: "s9", is: "off" });
          const until = () => a.switches["s2"] === "on";
          await Promise.all([
            turn({ name: "s3", to: "off" }, { until, retries: 500, delay: "10ms" }).then(() => undefined),
            copies().then(async () => {
              await expectSwitch({ name: "s1", is: "on" });
              a.switches["s2"] = b.switches["s2"] = "on";
            }),
          ]);
        },
      },
      "while the process was held up": {
        step: async () => {
          await expectSwitch({ name: "s9", is: "off" });
          execFileSync("sleep", ["0.1"]);
          a.switches["s1"] = b.switches["s1"] = "on";
          await expectSwitch({ name: "s1", is: "on" });
        },
      },
      "in no time": {
        step: async () => {
          await expectSwitch({ name: "s9", is: "off" });
          await stat(folder);
          a.switches["s1"] = b.switches["s1"] = "on";
          await expectSwitch({ name: "s1", is: "on" });
        },
      },
    };
    for (const [when, steps] of Object.entries(kinds))
      it(when, async () => {
        for (let count = 0; count < 2; count++) {
          [a, b] = [new FakeSwitches(allOff()), new FakeSwitches(allOff())];
          const ran = await run({ a, b }, steps);
          expect(ran.of("host:failed").map(({ host, error }) => `${host}: ${error.message}`)).toEqual([]);
        }
      });
  });

  it("sees what has come about while a task waited, or while somebody was asked", async () => {
    let host = new FakeSwitches();
    const steps: Steps = {
      waits: async () => {
        await expectSwitch({ name: "s9", is: "off" });
        const until = () => {
          const isThere = host.switches["s1"] === "on";
          host.switches["s1"] = "on";
          return isThere;
        };
        await turn({ name: "s0", to: "off" }, { until, delay: "10ms" });
        await expectSwitch({ name: "s1", is: "on" });
      },
      asked: async () => void (await expectSwitch({ name: "s2", is: "on" })),
    };
    const confirmStep = async ({ step }: { step: string }) => {
      if (step === "asked") host.switches["s2"] = "on";
      return "yes" as const;
    };
    for (let count = 0; count < 2; count++) {
      host = new FakeSwitches(allOff());
      const ran = await run({ a: host }, steps, { confirmStep });
      expect(ran.of("host:failed").map(({ error }) => error.message)).toEqual([]);
    }
  });

  it("looks afresh where a task waits until something comes about", async () => {
    let host = new FakeSwitches(allOff());
    const steps: Steps = {
      step: async () => {
        await expectSwitch({ name: "s9", is: "off" });
        host.switches["s1"] = "on";
        await turn({ name: "s1", to: "on" }, { until: () => true });
        await expectSwitch({ name: "s1", is: "on" });
      },
    };
    expect((await run({ a: host }, steps)).exitCode).toBe(0);
    host = new FakeSwitches(allOff());
    await run({ a: host }, steps);
    expect(host.changes).toEqual([]);
  });

  it("looks afresh where a task is tried again", async () => {
    let count = 0;
    const steps: Steps = {
      step: async () => {
        const again = expectSwitch({ name: "s1", is: "on" }, { retries: 1, delay: "500ms" });
        const beside = async () => {
          for (const name of names.slice(2, 6)) {
            await turn({ name: `${name}-${count}`, to: "on" });
            await sleep(20);
          }
        };
        await Promise.all([again, beside()]);
      },
    };
    for (; count < 2; count++) {
      const host = new FakeSwitches({ s1: "off" });
      setTimeout(() => {
        host.switches["s1"] = "on";
      }, 350);
      const { exitCode } = await run({ a: host }, steps);
      expect(exitCode).toBe(0);
    }
  });

  it("reads again, together, what a change has made stale", async () => {
    const steps: Steps = {
      step: async () => {
        await print({ text: "hello" }); // may have touched everything
        await natural();
        await print({ text: "again" });
        for (const name of names) await expectSwitch({ name, is: "off" });
      },
    };
    const { again } = await twice(() => ({ a: new FakeSwitches(allOff()) }), steps);
    // each command with what is read behind it
    expect(again.hosts["a"]?.roundTrips).toBeLessThanOrEqual(1 + few);
  });

  it("reads together what is left, however often a change has started other software before", async () => {
    const restarts = async () => {
      for (const name of names) await turn({ name, to: "off", touches: ["services"] });
    };
    await run({ a: new FakeSwitches(allOff()) }, { restarts });
    const host = new FakeSwitches({
      ...allOff(),
      ...Object.fromEntries(names.slice(0, 8).map((name) => [name, "on"])),
    });
    const again = await run({ a: host }, { restarts });
    expect(host.changes).toHaveLength(8);
    expect(again.hosts["a"]?.roundTrips).toBeLessThanOrEqual(1 + 8 + few);
  });

  it("keeps no plan that rests on what no task has read", async () => {
    const hosts = (switches: Record<string, string> = {}) => ({
      a: new FakeSwitches({ ...allOff(), ...switches }),
    });
    const step = (...read: string[]) =>
      one(async () => {
        for (const name of read) await turn({ name, to: name === "s1" ? "on" : "off" });
      });
    await runOn(hosts(), step("s1", "s2"), { readHistory: history });
    const { plan } = await planOn(hosts(), step("s1"), { readHistory: history });
    expect(plan.hosts["a"]?.facts.map(({ key }) => key)).toEqual(["s1"]);
    const applied = hosts({ s2: "on" });
    expect((await applyOn(applied, step("s1"), plan, { readHistory: history })).exitCode).toBe(0);
    expect(applied.a.changes).toEqual(["turn s1 on"]);
  });

  it("leaves to the task's own turn what can't be read early", async () => {
    await run({ a: new FakeSwitches(allOff()) }, { natural });
    const host = new FakeSwitches(allOff());
    host.failOn = /read-switches \S+ \S/; // more than one at a time
    const again = await run({ a: host }, { natural });
    expect(again.exitCode).toBe(0);
    expect(again.hosts["a"]?.roundTrips).toBe(20);
  });

  it("that is a check sees what it predicts, and the host as it is beside that", async () => {
    const steps: Steps = {
      step: async () => {
        await natural();
        await turn({ name: "s1", to: "on" });
        await expectSwitch({ name: "s1", is: "on" });
        await expectSwitch({ name: "s2", is: "off" });
      },
    };
    await run({ a: new FakeSwitches(allOff()) }, steps);
    const host = new FakeSwitches(allOff());
    const check = await run({ a: host }, steps, { check: true });
    expect(check.statuses.slice(-3)).toEqual([
      "a turn s1: changed",
      "a expectSwitch s1: ok",
      "a expectSwitch s2: ok",
    ]);
    expect(host.changes).toEqual([]);
    expect(check.hosts["a"]?.roundTrips).toBeLessThanOrEqual(few);
  });
});

describe("the history of a playbook's runs", () => {
  it("is for its owner's eyes, and holds no value", async () => {
    await run({ a: new FakeSwitches({ ...allOff(), s1: "quite-a-value" }) }, { natural });
    expect(statSync(history).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "deep")).mode & 0o777).toBe(0o700);
    expect(readFileSync(history, "utf8")).toContain("s19");
    expect(readFileSync(history, "utf8")).not.toContain("quite-a-value");
    expect(readdirSync(join(folder, "deep"))).toEqual(["reads.json"]);
  });

  it("holds no key with a secret, none that can't be shown, and nothing of a task that hides its values", async () => {
    const password = secret("pass-word-9");
    const steps: Steps = {
      step: async () => {
        await expectSwitch({ name: `of-${password.reveal()}`, is: "missing" });
        await expectSwitch({ name: "with\u001b[31m", is: "missing" });
        await expectSwitch({ name: "x".repeat(2000), is: "missing" });
        await expectSwitch({ name: "hidden-one", is: "missing" }, { noLog: true });
        await expectSwitch({ name: "shown-one", is: "missing" });
      },
    };
    expect((await run({ a: new FakeSwitches() }, steps)).exitCode).toBe(0);
    const kept = readFileSync(history, "utf8");
    expect(kept).toContain("shown-one");
    for (const text of ["pass-word-9", "31m", "xxx", "hidden-one"]) expect(kept).not.toContain(text);
  });

  it.each([
    ["no JSON", "{"],
    ["of another form", JSON.stringify({ form: 2, reads: [["test.switch", "x", "", 1]], steps: [] })],
    ["without a form", "[]"],
    ["empty", "null"],
    ["of odd parts", JSON.stringify({ form: 1, reads: [null, 1], steps: [{}] })],
  ])("counts as none where it is %s", async (_, text) => {
    await run({ a: new FakeSwitches(allOff()) }, { natural });
    writeFileSync(history, text);
    const host = new FakeSwitches(allOff());
    const ran = await run({ a: host }, { natural });
    expect([ran.exitCode, ran.hosts["a"]?.roundTrips]).toEqual([0, 20]);
    // and is made anew
    const again = await run({ a: new FakeSwitches(allOff()) }, { natural });
    expect(again.hosts["a"]?.roundTrips).toBeLessThanOrEqual(few);
  });

  it.each([
    ["a pipe", () => execFileSync("mkfifo", [history])],
    ["a link", () => symlinkSync(join(folder, "elsewhere.json"), history)],
    ["a folder", () => mkdirSync(history)],
    ["longer than any that is written", () => truncateSync(history, 5 * 1024 * 1024)],
    ["cut off", () => truncateSync(history, 100)],
    ["open to others", () => chmodSync(history, 0o622)],
  ])("counts as none where it is %s", async (what, put) => {
    await run({ a: new FakeSwitches(allOff()) }, { natural });
    writeFileSync(join(folder, "elsewhere.json"), readFileSync(history));
    if (["a pipe", "a link", "a folder"].includes(what)) rmSync(history);
    put();
    const ran = await run({ a: new FakeSwitches(allOff()) }, { natural });
    expect([ran.exitCode, ran.hosts["a"]?.roundTrips]).toEqual([0, 20]);
    if (what === "a link") expect(lstatSync(history).isSymbolicLink()).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0)("counts as none where it is another user's", async () => {
    await run({ a: new FakeSwitches(allOff()) }, { natural });
    chownSync(history, 12_345, 12_345);
    const ran = await run({ a: new FakeSwitches(allOff()) }, { natural });
    expect([ran.exitCode, ran.hosts["a"]?.roundTrips]).toEqual([0, 20]);
  });

  it("costs nothing where it names facts that there are none of, or keys that make no sense", async () => {
    const reads = [
      ["test.gone", "x", "", 1],
      ["constructor", "x", "", 1],
      ["__proto__", "x", "", 1],
      ["test.switch", ["-rf"], "", 1],
      ["test.switch", { path: ["/", 1], more: null }, "", 1],
      ["test.switch", "s1", "nobody-there", 1],
      ["script.output", { script: "touch /tmp/pwned" }, "", 1],
    ];
    const steps = [
      { play: "test", step: "natural", hosts: ["a", "b"], reads: [0, 1, 2, 3, 4, 5, 6, 99, -1, "length"] },
    ];
    await run({ a: new FakeSwitches(allOff()) }, { natural });
    writeFileSync(history, JSON.stringify({ form: 1, reads, steps }));
    const host = new FakeSwitches(allOff());
    const ran = await run({ a: host }, { natural });
    expect([ran.exitCode, ran.hosts["a"]?.roundTrips]).toEqual([0, 20]);
    expect(host.connection.scripts.join("\n")).not.toContain("pwned");
  });

  it("of another inventory's hosts says nothing of these", async () => {
    await run({ a: new FakeSwitches(allOff()) }, { natural });
    const other = new FakeSwitches(allOff());
    const ran = await run({ b: other }, { natural });
    expect([ran.exitCode, ran.hosts["b"]?.roundTrips]).toEqual([0, 20]);
  });

  it("is not needed: where it can't be written, the run is as it would be without", async () => {
    writeFileSync(join(folder, "deep"), "a file where the folder should be");
    const ran = await run({ a: new FakeSwitches(allOff()) }, { natural });
    expect(ran.exitCode).toBe(0);
    expect(ran.of("warning")).toEqual([]);
    rmSync(join(folder, "deep"));
  });

  it("keeps what it knows of a step that is cut short", async () => {
    await run({ a: new FakeSwitches(allOff()) }, { natural });
    const host = new FakeSwitches({ ...allOff(), s3: "on" });
    host.failOn = /^turn/;
    expect((await run({ a: host }, { natural })).exitCode).toBe(2);
    const again = await run({ a: new FakeSwitches(allOff()) }, { natural });
    expect(again.hosts["a"]?.roundTrips).toBeLessThanOrEqual(few);
  });

  it("holds what a task asks for that finds nothing to do, not what it asks for to make a change", async () => {
    const careful = defineModule({
      name: "careful",
      summary: "Looks before it turns a switch.",
      params: { name: Type.String() },
      async *plan(host, { name }) {
        const now = await host.fact(switchFact, name);
        const further = await host.fact(switchFact, now === "off" ? `${name}-same` : `${name}-other`);
        if (now !== "off") yield change({ what: further, script: sh`turn ${name} off`, touches: [] });
      },
    });
    const step = async () => {
      await careful({ name: "s1" });
      await careful({ name: "s2" });
    };
    await run({ a: new FakeSwitches({ s1: "on", s2: "off" }) }, { step });
    const kept = readFileSync(history, "utf8");
    for (const text of ['"s1"', '"s2"', '"s2-same"']) expect(kept).toContain(text);
    expect(kept).not.toContain("s1-other");
  });

  it("is not made shorter by a check, in which tasks read what is foreseen", async () => {
    const steps: Steps = {
      step: async () => {
        await turn({ name: "s1", to: "on" });
        await natural();
      },
    };
    await run({ a: new FakeSwitches({ ...allOff(), s1: "on" }) }, steps);
    const before = readFileSync(history, "utf8");
    await run({ a: new FakeSwitches(allOff()) }, steps, { check: true });
    expect(readFileSync(history, "utf8")).toBe(before);
  });
});
