import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Type } from "../../src/base/schema.ts";
import { feed, sh } from "../../src/base/script.ts";
import { type Secret, secret } from "../../src/base/secret.ts";
import { change } from "../../src/core/facts/change.ts";
import { defineFact } from "../../src/core/facts/fact.ts";
import { readPlan, writePlan } from "../../src/core/plans/plan-file.ts";
import { PlanGuard } from "../../src/core/plans/plan-guard.ts";
import { play } from "../../src/core/plays/play.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { flushHandlers } from "../../src/core/steps/flush-handlers.ts";
import { on } from "../../src/core/steps/on.ts";
import { once } from "../../src/core/steps/once.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { FakeSwitches, print, runOn, serviceFact, switchFact, turn, worldFact } from "./harness.ts";
import { applyOn, codes, file, folder, one, planOn } from "./plan-harness.ts";

/** Reads a fact and turns a switch accordingly: what it is planned from may move. */
const follow = defineModule({
  name: "follow",
  summary: "Turns a switch if a fact has a value.",
  params: { fact: Type.Union([Type.Literal("switch"), Type.Literal("services"), Type.Literal("world")]) },
  async *plan(host, p) {
    const facts = { switch: switchFact, services: serviceFact, world: worldFact };
    const now = await host.fact(facts[p.fact], "watched");
    yield* turn.plan(host, { name: "own", to: now === "gone" ? "off" : "on" });
  },
});

describe("a plan", () => {
  it("lists each host's changes in order, with what is certain, likely and unknown", async () => {
    const hosts = { h1: new FakeSwitches({ a: "off" }), h2: new FakeSwitches({ a: "on", b: "off" }) };
    const plays = one(async () => {
      await turn({ name: "a", to: "on" });
      await print({ text: "opaque" });
      await turn({ name: "b", to: "on" });
    });
    const { plan } = await planOn(hosts, plays);
    const listed = (host: string) =>
      plan.tasks
        .filter((task) => task.host === host)
        .map(({ module, title, status, changes }) => [
          `${module} ${title}: ${status}`,
          ...changes.map(({ what, before, after }) => `${what} ${before} ${after}`),
        ]);
    expect(listed("h1")).toEqual([
      ["turn a: changed", "position off on"],
      ["print opaque: changed", "run undefined undefined"],
      ["turn b: likely", "position missing on"],
    ]);
    expect(listed("h2")).toEqual([
      ["print opaque: changed", "run undefined undefined"],
      ["turn b: likely", "position off on"],
    ]);
    expect(plan.hosts["h1"]?.facts.map(({ fact, key, task }) => [fact, key, task])).toEqual([
      ["test.switch", "a", "turn a"],
      ["test.switch", "b", "turn b"],
    ]);
  });

  it("is for its owner's eyes only, whole or not at all, and leaves nothing beside it", async () => {
    await planOn(
      { h: new FakeSwitches() },
      one(() => turn({ name: "a", to: "on" })),
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["plan.json"]);
    const { plan } = await planOn(
      { h: new FakeSwitches() },
      one(() => turn({ name: "a", to: "on" })),
    );
    expect(() => writePlan(join(folder, "no", "where.json"), plan)).toThrow("the plan can't be written");
  });

  it.each([
    ["what is no JSON", "hello", "is no plan"],
    ["other JSON", '{ "version": 3 }', "is no plan"],
    ["a list", "[]", "is no plan"],
    [
      "another version's plan",
      '{ "format": "showrunner plan", "formatVersion": 1, "showrunner": "9.9.9" }',
      "was made by Showrunner 9.9.9, and this is 1.2.3",
    ],
    [
      "another format's plan",
      '{ "format": "showrunner plan", "formatVersion": 1, "showrunner": "1.2.3" }',
      "has another format",
    ],
    [
      "a plan of which something is missing",
      '{ "format": "showrunner plan", "formatVersion": 3, "showrunner": "1.2.3" }',
      "is damaged",
    ],
  ])("is not taken from %s", (_, text, message) => {
    writeFileSync(file, text);
    expect(() => readPlan(file, "1.2.3")).toThrow(expect.objectContaining({ code: "plan.invalid" }));
    expect(() => readPlan(file, "1.2.3")).toThrow(message);
  });

  it("is said to be missing where there is none", () => {
    expect(() => readPlan(join(folder, "none.json"), "1")).toThrow(
      expect.objectContaining({ code: "file.missing" }),
    );
  });

  it("holds neither secrets nor values of facts", async () => {
    const canary = "Zq-canary-81!x";
    const secretFact = defineFact<{ readonly password: Secret; readonly of: string }, string>({
      name: "test.secret-key",
      script: (keys) => sh`read-switches ${keys.map(({ of }) => of)}`,
      parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.toString()])),
    });
    const write = defineModule({
      name: "writeSecret",
      summary: "Writes a secret.",
      params: { password: Type.Unsafe<Secret>({}) },
      async *plan(host, { password }) {
        await host.fact(secretFact, { password, of: "x" });
        await host.fact(switchFact, "holds");
        yield change({
          what: `set ${password.reveal()}`,
          before: `was ${password.reveal()}`,
          after: { deep: [Buffer.from(password.reveal()), password] },
          diff: { path: "/x", before: "", after: `password=${password.reveal()}\n`.repeat(3000) },
          script: feed(password, sh`print ${"x"}`),
          sets: [switchFact.is("holds", password.reveal())],
        });
      },
    });
    const password = secret(canary);
    const { plan } = await planOn(
      { h: new FakeSwitches({ holds: canary }) },
      one(async () => {
        await write({ password }, { name: `for ${canary}` });
        await print({ text: canary });
        await turn({ name: canary, to: "on" }, { ignoreErrors: true });
      }),
    );
    expect(plan.tasks.length).toBe(3);
    const text = readFileSync(file, "utf8");
    for (const spelling of [canary, Buffer.from(canary).toString("base64").slice(0, 16), "90,113,45"])
      expect(text).not.toContain(spelling);
  });
});

describe("applying a plan", () => {
  it("makes exactly the planned changes and notifies as planned where nothing has moved", async () => {
    const hosts = () => ({ h1: new FakeSwitches({ a: "off" }), h2: new FakeSwitches({ a: "on" }) });
    const handler = () => turn({ name: "handler", to: "done" });
    const plays = one(async () => {
      await batch([turn({ name: "a", to: "on" }, { notify: handler() }), turn({ name: "b", to: "on" })]);
      await print({ text: "hello" });
      await turn({ name: "c", to: "on" });
    });
    const planned = hosts();
    const { plan } = await planOn(planned, plays);
    expect([...planned.h1.changes, ...planned.h2.changes]).toEqual([]);
    const real = hosts();
    const ran = await applyOn(real, plays, plan);
    expect(codes(ran)).toEqual([]);
    expect(ran.exitCode).toBe(0);
    expect(real.h1.changes).toEqual([
      "turn a on",
      "turn b on",
      "print hello",
      "turn c on",
      "turn handler done",
    ]);
    expect(real.h2.changes).toEqual(["turn b on", "print hello", "turn c on"]);
    expect(ran.of("warning")).toEqual([]);
  });

  it("reads all that the plan was made from in one round trip before anything is done", async () => {
    const plays = [
      play(
        "p",
        { hosts: "all" },
        {
          s1: async () => void (await turn({ name: "a", to: "on" })),
          s2: async () => void (await turn({ name: "b", to: "on" })),
        },
      ),
    ];
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    const host = new FakeSwitches();
    await applyOn({ h: host }, plays, plan);
    const reads = host.connection.scripts.filter((script) => script.includes("read-switches"));
    expect(reads[0]?.split("\n").at(-1)).toBe("read-switches a b");
  });

  it.each([
    ["switch", { watched: "here" }, { watched: "gone" }, "test.switch watched, read for follow switch"],
    ["services", { watched: "here" }, { watched: "gone" }, "test.services watched, read for follow services"],
    ["switch", { own: "off" }, { own: "half" }, "test.switch own, read for follow switch"],
  ] as const)(
    "refuses a host where a fact about the %s has moved, and goes on with the others",
    async (fact, before, now, named) => {
      const plays = one(() => follow({ fact }));
      const { plan } = await planOn({ h1: new FakeSwitches(before), h2: new FakeSwitches(before) }, plays);
      const hosts = { h1: new FakeSwitches(now), h2: new FakeSwitches(before) };
      const ran = await applyOn(hosts, plays, plan);
      expect(codes(ran)).toEqual(["h1 plan.moved"]);
      expect(ran.of("host:failed")[0]?.error.details).toEqual([named]);
      expect(ran.of("host:failed")[0]?.error.hint).toContain("npx run plan test");
      expect(ran.exitCode).toBe(2);
      expect(hosts.h1.changes).toEqual([]);
      expect(hosts.h2.changes).toEqual(["turn own on"]);
    },
  );

  it("does not mind that what other hosts answer has moved, as long as it leads to the same changes", async () => {
    const plays = one(() => follow({ fact: "world" }));
    const { plan } = await planOn({ h: new FakeSwitches({ watched: "1" }) }, plays);
    const same = new FakeSwitches({ watched: "2" });
    expect((await applyOn({ h: same }, plays, plan)).exitCode).toBe(0);
    expect(same.changes).toEqual(["turn own on"]);
    const other = new FakeSwitches({ watched: "gone" });
    const ran = await applyOn({ h: other }, plays, plan);
    expect(codes(ran)).toEqual(["h plan.diverged"]);
    expect(other.changes).toEqual([]);
  });

  it("compares of a fact what lasts", async () => {
    const clock = defineFact<string, { zone: string; time: string }>({
      name: "test.clock",
      lasting: ({ zone }) => zone,
      script: (names) => sh`read-switches ${names} time`,
      parse(stdout, names) {
        const [zone = "", time = ""] = stdout.toString().trim().split("\n");
        return new Map(names.map((name) => [name, { zone, time }]));
      },
    });
    const read = defineModule({
      name: "readClock",
      summary: "Reads.",
      params: {},
      async *plan(host) {
        await host.fact(clock, "zone");
      },
    });
    const plays = one(() => read({}));
    const { plan } = await planOn({ h: new FakeSwitches({ zone: "CET", time: "1" }) }, plays);
    const later = await applyOn({ h: new FakeSwitches({ zone: "CET", time: "2" }) }, plays, plan);
    expect(later.exitCode).toBe(0);
    const moved = await applyOn({ h: new FakeSwitches({ zone: "UTC", time: "2" }) }, plays, plan);
    expect(codes(moved)).toEqual(["h plan.moved"]);
  });

  it("refuses a host that can't be read any more, and one that is gone as unreachable", async () => {
    const plays = one(() => turn({ name: "a", to: "on" }));
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    const broken = new FakeSwitches();
    broken.failOn = /read-switches/;
    const ran = await applyOn({ h: broken }, plays, plan);
    expect(codes(ran)).toEqual(["h plan.moved"]);
    const dead = new FakeSwitches();
    dead.dieOn = /read-switches/;
    const lost = await applyOn({ h: dead }, plays, plan);
    expect(lost.of("host:unreachable").map(({ host }) => host)).toEqual(["h"]);
    expect(lost.exitCode).toBe(4);
  });

  it("leaves out a host that could not be planned for", async () => {
    const broken = new FakeSwitches();
    broken.failOn = /read-switches/;
    const plays = one(() => turn({ name: "a", to: "on" }));
    const { plan } = await planOn({ h1: broken, h2: new FakeSwitches() }, plays);
    const hosts = { h1: new FakeSwitches(), h2: new FakeSwitches() };
    const ran = await applyOn(hosts, plays, plan);
    expect(codes(ran)).toEqual(["h1 plan.incomplete"]);
    expect([hosts.h1.changes, hosts.h2.changes]).toEqual([[], ["turn a on"]]);
  });

  it.each([
    ["another value", () => turn({ name: "a", to: "dim" })],
    ["another task", () => turn({ name: "b", to: "on" })],
    ["another module", () => print({ text: "a" })],
    [
      "a second task like the first",
      async () => {
        await turn({ name: "a", to: "on" });
        await turn({ name: "a", to: "off" });
        await turn({ name: "a", to: "on" });
      },
    ],
    [
      "one that is rescued",
      async () => {
        try {
          await turn({ name: "a", to: "dim" });
        } catch {
          await turn({ name: "c", to: "on" });
        }
      },
    ],
    [
      "one that is ignored",
      () => turn({ name: "a", to: "dim" }, { ignoreErrors: true, retries: 3, delay: 0 }),
    ],
  ] as [string, () => PromiseLike<unknown>][])(
    "refuses what the plan does not list, before it is made: %s",
    async (_, step) => {
      const { plan } = await planOn(
        { h: new FakeSwitches() },
        one(() => turn({ name: "a", to: "on" })),
      );
      const host = new FakeSwitches();
      const ran = await applyOn({ h: host }, one(step), plan);
      expect(codes(ran)).toEqual(["h plan.diverged"]);
      expect(ran.exitCode).toBe(2);
      expect(host.changes.filter((change) => change !== "turn a on")).toEqual([]);
      expect(ran.of("task:retry")).toEqual([]);
    },
  );

  it("ends the step where a change is refused, even one whose errors are ignored", async () => {
    const plays = (to: string) =>
      one(async () => {
        await turn({ name: "a", to }, { ignoreErrors: true });
        await turn({ name: "b", to: "on" });
      });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays("on"));
    const host = new FakeSwitches();
    expect(codes(await applyOn({ h: host }, plays("dim"), plan))).toEqual(["h plan.diverged"]);
    expect(host.changes).toEqual([]);
  });

  it("makes no more of a step in which a change was refused, also of what is planned, but runs pending handlers", async () => {
    const plays = (to: string) =>
      one(async () => {
        await turn({ name: "a", to: "on" }, { notify: print({ text: "bell" }) });
        try {
          await turn({ name: "b", to });
        } catch {}
        await turn({ name: "c", to: "on" });
      });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays("on"));
    const host = new FakeSwitches();
    expect(codes(await applyOn({ h: host }, plays("dim"), plan))).toEqual(["h plan.diverged"]);
    expect(host.changes).toEqual(["turn a on", "print bell"]);
  });

  it("fails a host whose code rescues what was refused, at the end of the step", async () => {
    const plays = (to: string) => [
      play(
        "p",
        { hosts: "all" },
        {
          s1: () => turn({ name: "a", to }).then(undefined, () => undefined),
          s2: async () => void (await turn({ name: "b", to: "on" })),
        },
      ),
    ];
    const { plan } = await planOn({ h: new FakeSwitches() }, plays("on"));
    const host = new FakeSwitches();
    expect(codes(await applyOn({ h: host }, plays("dim"), plan))).toEqual(["h plan.diverged"]);
    expect(host.changes).toEqual([]);
  });

  it.each([
    ["another host", { host: "h2" }],
    ["another play", { play: "q" }],
    ["another step", { step: "t" }],
    ["a task that is called otherwise", { title: "z" }],
    ["the same", {}],
  ])("allows what it lists at its place only: %s", async (what, other) => {
    const planned = { host: "h1", play: "p", step: "s", title: "a" };
    const at = (place: typeof planned) => [
      play(
        place.play,
        { hosts: "all" },
        {
          [place.step]: async ({ host }) => {
            if (host.name === place.host) await turn({ name: "a", to: "on" }, { name: place.title });
          },
        },
      ),
    ];
    const hosts = { h1: new FakeSwitches(), h2: new FakeSwitches() };
    const { plan } = await planOn(hosts, at(planned));
    const ran = await applyOn(hosts, at({ ...planned, ...other }), plan);
    const refused = what === "the same" ? [] : [`${what === "another host" ? "h2" : "h1"} plan.diverged`];
    expect(codes(ran)).toEqual(refused);
  });

  it("says which change it refused, and what the plan has instead", async () => {
    const { plan } = await planOn(
      { h: new FakeSwitches() },
      one(() => turn({ name: "a", to: "on" })),
    );
    const ran = await applyOn(
      { h: new FakeSwitches() },
      one(() => turn({ name: "a", to: "dim" })),
      plan,
    );
    const [failed] = ran.of("host:failed");
    expect(failed?.error).toMatchObject({
      message: "the plan lists no such change of turn a: position missing → dim",
      details: ["planned (certain): position missing → on"],
    });
    expect(failed?.error.location?.file).toBe(import.meta.filename);
  });

  it("says that it is another change although it is told alike", async () => {
    const plays = (text: string) => one(() => print({ text }, { name: "speak" }));
    const { plan } = await planOn({ h: new FakeSwitches() }, plays("a"));
    const ran = await applyOn({ h: new FakeSwitches() }, plays("b"), plan);
    expect(ran.of("host:failed")[0]?.error).toMatchObject({
      message: "the plan lists no such change of print speak: run",
      details: ["planned (certain): run, but by another script"],
    });
  });

  it("lets a likely task do what brings about nothing else, and nothing else", async () => {
    const plays = one(async () => {
      await print({ text: "opaque" });
      await turn({ name: "a", to: "on" });
    });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    expect(plan.tasks.map(({ status }) => status)).toEqual(["changed", "likely"]);
    const apply = async (given: { touches?: ["services"] }, effect: string) => {
      /** Like `turn`, but it finds that something else is to be done. */
      const otherwise = defineModule({
        name: "turn",
        summary: "Turns a switch in its own way.",
        params: { name: Type.String(), to: Type.String(), touches: Type.Optional(Type.Array(Type.String())) },
        async *plan(host, p) {
          await host.fact(switchFact, p.name);
          yield change({
            what: "otherwise",
            script: sh`turn ${p.name} ${effect} gently`,
            sets: [switchFact.is(p.name, effect)],
          });
          return { was: "" };
        },
      });
      const host = new FakeSwitches();
      const steps = one(async () => {
        await print({ text: "opaque" });
        await otherwise({ name: "a", to: "on", ...given });
      });
      return [codes(await applyOn({ h: host }, steps, plan)), host.changes];
    };
    expect(await apply({}, "on")).toEqual([[], ["print opaque", "turn a on gently"]]);
    expect(await apply({}, "off")).toEqual([["h plan.diverged"], ["print opaque"]]);
    expect(await apply({ touches: ["services"] }, "on")).toEqual([["h plan.diverged"], ["print opaque"]]);
  });

  it("lets a task whose plan was unknown, and the rest of its step, make any change", async () => {
    const plays = (to = "on") =>
      one(async () => {
        const { value } = await print({ text: "fast" });
        await turn({ name: value, to });
        await turn({ name: "b", to: "on" }, { notify: turn({ name: "handler", to: "done" }) });
      });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays());
    expect(plan.unforeseen).toEqual([
      {
        host: "h",
        play: "p",
        step: "s",
        reason: expect.stringMatching(/it depends on what a command prints \(.*plan\.test\.ts:\d+\)$/),
        after: 1,
      },
    ]);
    const host = new FakeSwitches();
    const ran = await applyOn({ h: host }, plays(), plan);
    expect(codes(ran)).toEqual([]);
    expect(host.changes).toEqual(["print fast", "turn fast on", "turn b on", "turn handler done"]);
  });

  it("makes nothing that was not foreseen where that is refused", async () => {
    const plays = one(async () => {
      const { value } = await print({ text: "fast" });
      await turn({ name: value, to: "on" });
    });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    const host = new FakeSwitches();
    const ran = await runOn({ h: host }, plays, {
      hooks: new PlanGuard(plan, { again: "npx run plan test", refuseUnknown: true }),
    });
    expect(codes(ran)).toEqual(["h plan.diverged"]);
    expect(host.changes).toEqual(["print fast"]);
  });

  it("runs in a later step a handler whose notification could not be predicted", async () => {
    const plays = [
      play(
        "p",
        { hosts: "all" },
        {
          s1: async () => {
            const { value } = await print({ text: "fast" });
            await turn({ name: value, to: "on" }, { notify: turn({ name: "handler", to: "done" }) });
          },
          s2: async () => void (await flushHandlers()),
        },
      ),
    ];
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    expect(plan.tasks.map(({ title }) => title)).toEqual(["fast"]);
    const host = new FakeSwitches();
    expect(codes(await applyOn({ h: host }, plays, plan))).toEqual([]);
    expect(host.changes).toEqual(["print fast", "turn fast on", "turn handler done"]);
  });

  it("holds an unknown task to the parameters that it was planned with", async () => {
    const plays = (to: string) =>
      one(async () => {
        await print({ text: "opaque" });
        await turn({ name: "a", to });
      });
    const { plan } = await planOn({ h: new FakeSwitches({ a: "on" }) }, plays("on"));
    expect(plan.tasks.map(({ status }) => status)).toEqual(["changed", "unknown"]);
    const fooled = new FakeSwitches({ a: "on" });
    fooled.connection; // the print below alters the switch
    const respond = fooled.respond.bind(fooled);
    fooled.respond = (script) => {
      if (script.startsWith("print")) fooled.switches["a"] = "off";
      return respond(script);
    };
    expect(codes(await applyOn({ h: fooled }, plays("on"), plan))).toEqual([]);
    expect(fooled.changes).toEqual(["print opaque", "turn a on"]);
    const edited = new FakeSwitches({ a: "on" });
    expect(codes(await applyOn({ h: edited }, plays("dim"), plan))).toEqual(["h plan.diverged"]);
  });

  it("may make a change again that failed and is tried again", async () => {
    const plays = one(() => turn({ name: "a", to: "on" }, { retries: 2, delay: 0 }));
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    const host = new FakeSwitches();
    let failures = 1;
    const respond = host.respond.bind(host);
    host.respond = (script) =>
      script.startsWith("turn") && failures-- > 0 ? { status: 1, stderr: "stuck\n" } : respond(script);
    const ran = await applyOn({ h: host }, plays, plan);
    expect([ran.exitCode, host.changes]).toEqual([0, ["turn a on", "turn a on"]]);
  });

  it("runs a planned handler at the end where the step that would have flushed it failed", async () => {
    const plays = one(async () => {
      await turn({ name: "a", to: "on" }, { notify: turn({ name: "handler", to: "done" }) });
      await turn({ name: "b", to: "on" });
      await flushHandlers();
    });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    const host = new FakeSwitches();
    host.failOn = /^turn b/m;
    const ran = await applyOn({ h: host }, plays, plan);
    expect(codes(ran)).toEqual(["h change.failed"]);
    expect(host.changes).toEqual(["turn a on", "turn b on", "turn handler done"]);
  });

  it("knows what is done on other hosts, and checks those hosts, too", async () => {
    const plays = one(() => on("db", () => turn({ name: "a", to: "on" })), { hosts: "web1" });
    const names = () => ({ web1: new FakeSwitches(), db: new FakeSwitches() });
    const { plan } = await planOn(names(), plays);
    expect(plan.tasks.map(({ host, by }) => `${by} on ${host}`)).toEqual(["web1 on db"]);
    const real = names();
    expect(codes(await applyOn(real, plays, plan))).toEqual([]);
    expect(real.db.changes).toEqual(["turn a on"]);
    const drifted = { ...names(), db: new FakeSwitches({ a: "dim" }) };
    const ran = await applyOn(drifted, plays, plan);
    expect(codes(ran)).toContain("db plan.moved");
    expect(codes(ran)).toContain("web1 plan.moved");
    expect(drifted.db.changes).toEqual([]);
  });

  it("runs a body of once on the planned host only, however fast the others are", async () => {
    const s = async ({ host }: { host: { name: string } }) => {
      if (host.name === "h1") await new Promise((resolve) => setTimeout(resolve, 20));
      await once(() => turn({ name: "a", to: "on" }));
    };
    const plays = [play("p", { hosts: "all" }, { s })];
    const { plan } = await planOn({ h1: new FakeSwitches(), h2: new FakeSwitches() }, plays);
    expect(plan.tasks.map(({ host }) => host)).toEqual(["h1"]);
    const hosts = { h1: new FakeSwitches(), h2: new FakeSwitches() };
    expect(codes(await applyOn(hosts, plays, plan))).toEqual([]);
    expect([hosts.h1.changes, hosts.h2.changes]).toEqual([["turn a on"], []]);

    const drifted = { h1: new FakeSwitches({ a: "dim" }), h2: new FakeSwitches() };
    const ran = await applyOn(drifted, plays, plan);
    expect(codes(ran)).toEqual(["h1 plan.moved", "h2 plan.diverged"]);
    expect(ran.of("host:failed").at(-1)?.error.details).toEqual([
      "planned: nothing, by this task in this step on this host, but on h1",
    ]);
    expect(drifted.h2.changes).toEqual([]);
  });

  it("runs what is said to change nothing", async () => {
    const plays = one(() => print({ text: "x" }, { changedWhen: false }));
    const { plan, totals } = await planOn({ h: new FakeSwitches() }, plays);
    expect([totals.ok, totals.changed]).toEqual([1, 0]);
    const host = new FakeSwitches();
    const ran = await applyOn({ h: host }, plays, plan);
    expect([codes(ran), host.changes, ran.totals.ok]).toEqual([[], ["print x"], 1]);
  });

  it("is not made for any host where the run would stop half-way", async () => {
    const broken = new FakeSwitches();
    broken.failOn = /read-switches/;
    const step = { s: async () => void (await turn({ name: "a", to: "on" })) };
    const plays = [
      play("first", { hosts: "h1,h2", anyErrorsFatal: true }, step),
      play("second", { hosts: "h2" }, { s: async () => void (await turn({ name: "b", to: "on" })) }),
    ];
    const { plan } = await planOn({ h1: broken, h2: new FakeSwitches() }, plays);
    expect(plan.hosts["h2"]?.failure).toContain('the run would stop in the play "first"');
    const hosts = { h1: new FakeSwitches(), h2: new FakeSwitches() };
    expect(codes(await applyOn(hosts, plays, plan)).sort()).toEqual([
      "h1 plan.incomplete",
      "h2 plan.incomplete",
    ]);
    expect(hosts.h2.changes).toEqual([]);
  });

  it("reports planned changes that were no longer needed", async () => {
    const plays = one(() => follow({ fact: "world" }));
    const { plan } = await planOn({ h: new FakeSwitches({ watched: "1", own: "off" }) }, plays);
    const none = one(() => print({ text: "x" }, { ignoreErrors: true }));
    const skipped = one(async () => undefined);
    expect(none.length).toBe(1);
    const ran = await applyOn({ h: new FakeSwitches({ watched: "1", own: "off" }) }, skipped, plan);
    expect(ran.of("warning").map(({ text }) => text)).toEqual([
      "planned, and not needed any more: follow switch (position)".replace("switch", "world"),
    ]);
    expect(ran.exitCode).toBe(0);
  });

  it("refuses every host once the plan has been applied", async () => {
    const plays = one(() => turn({ name: "a", to: "on" }));
    const host = new FakeSwitches();
    const { plan } = await planOn({ h: host }, plays);
    expect(codes(await applyOn({ h: host }, plays, plan))).toEqual([]);
    expect(codes(await applyOn({ h: new FakeSwitches(host.switches) }, plays, plan))).toEqual([
      "h plan.moved",
    ]);
    const again = await planOn({ h: new FakeSwitches(host.switches) }, plays);
    expect(again.plan.tasks).toEqual([]);
  });
});
