/** The option `touches`: what an opaque task may alter, by its author's word. */
import { describe, expect, it } from "vitest";
import { sh } from "../../src/base/script.ts";
import { planLines } from "../../src/cli/plan-text.ts";
import { change } from "../../src/core/facts/change.ts";
import { defineFact, type FactKey, factNamed } from "../../src/core/facts/fact.ts";
import { Reach } from "../../src/core/facts/invalidation.ts";
import { narrowed, type Stated } from "../../src/core/facts/stated.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { Type } from "../../src/index.ts";
import { FakeSwitches, print, runOn, serviceFact, switchFact, turn, worldFact } from "./harness.ts";
import { applyOn, one, planOn } from "./plan-harness.ts";

/** A fact of a user's own, which does not say what it rests on. */
const lamp = defineFact<string, string>({
  name: "test.stated-lamp",
  script: (names) => sh`read-switches ${names}`,
  parse: (stdout, names) => {
    const values = stdout.toString().trim().split("\n");
    return new Map(names.map((name, index) => [name, values[index] ?? ""]));
  },
});

const facts = { own: switchFact, unsaid: lamp, services: serviceFact, world: worldFact };

/** Reads one of the facts, and changes nothing. */
const look = defineModule({
  name: "look",
  summary: "Looks at a switch.",
  params: { at: Type.Enum(["own", "unsaid", "services", "world"]) },
  title: ({ at }) => at,
  async *plan(host, { at }) {
    return await host.fact(facts[at], "light");
  },
});

const all = ["own", "unsaid", "services", "world"] as const;
const statuses = (texts: readonly string[]) => texts.map((text) => text.split(": ")[1]);

describe("a check, after an opaque task of which is said what it touches", () => {
  const after = async (touches: readonly Stated[] | undefined, more: object = {}) => {
    const ran = await runOn(
      { a: new FakeSwitches({ light: "on" }) },
      one(async () => {
        await print({ text: "x" }, { ...(touches ? { touches } : {}), ...more });
        for (const at of all) await look({ at });
      }),
      { check: true },
    );
    return statuses(ran.statuses);
  };
  const unjudged = { changedWhen: ({ value }: { value: string }) => value !== "" };

  it.each([
    ["nothing said", undefined, {}, ["changed", "unknown", "unknown", "unknown", "unknown"]],
    ["nothing touched", [], {}, ["changed", "ok", "ok", "ok", "ok"]],
    ["nothing touched, where its result says", [], unjudged, ["unknown", "ok", "ok", "ok", "ok"]],
    // what nobody knows the grounds of may rest on that path; what the world answers, on anything
    ["a path", ["/etc/app.conf"], {}, ["changed", "ok", "unknown", "ok", "unknown"]],
    ["a path, where its result says", ["/etc/app"], unjudged, ["unknown", "ok", "unknown", "ok", "unknown"]],
    ["a unit", [{ unit: "app" }], {}, ["changed", "ok", "unknown", "unknown", "unknown"]],
    ["a package", [{ package: "app" }], {}, ["changed", "ok", "unknown", "unknown", "unknown"]],
  ] as const)("is as sure as that is: %s", async (_, touches, more, expected) => {
    expect(await after(touches, more)).toEqual(expected);
  });

  it("goes on for certain with tasks that the user's own word does not concern", async () => {
    const ran = await runOn(
      { a: new FakeSwitches({ light: "off" }) },
      one(async () => {
        await print({ text: "x" }, { ...unjudged, touches: ["/etc/app.conf"] });
        await turn({ name: "light", to: "on" });
      }),
      { check: true },
    );
    expect(statuses(ran.statuses)).toEqual(["unknown", "changed"]);
  });

  it("leaves alone what says itself what it touches", async () => {
    const ran = await runOn(
      { a: new FakeSwitches({ light: "off" }) },
      one(async () => {
        await turn({ name: "light", to: "on", touches: ["services"] }, { touches: [] });
        await look({ at: "services" });
      }),
      { check: true },
    );
    expect(statuses(ran.statuses)).toEqual(["changed", "unknown"]);
  });
});

describe("a run, after such a task", () => {
  const run = (touches: readonly Stated[] | undefined) => {
    const host = new FakeSwitches({ light: "on" });
    return runOn(
      { a: host },
      one(async () => {
        for (const at of all) await look({ at });
        await print({ text: "x" }, touches ? { touches } : {});
        for (const at of all) await look({ at });
      }),
    );
  };

  it("reads again what is said to be touched, and no more", async () => {
    const read = async (touches: readonly Stated[] | undefined) =>
      (await run(touches)).hosts["a"]?.roundTrips;
    // four looks and the change; then those that are looked at again, one by one
    expect(await read(undefined)).toBe(5 + 4);
    expect(await read([{ unit: "app" }])).toBe(5 + 3);
    expect(await read(["/etc/app"])).toBe(5 + 2);
    // what other hosts answer is asked again after any change
    expect(await read([])).toBe(5 + 1);
  });
});

describe("what is said to be touched", () => {
  const reached = (stated: readonly Stated[], fact: string, key: FactKey): boolean => {
    const opaque = change({ what: "run", script: sh`x` });
    const { sets, touches } = narrowed(opaque, stated);
    const found = factNamed(fact);
    if (!found) throw new Error(`there is no fact ${fact}`);
    const known = { fact: found, key, realPath: undefined, current: { value: undefined } };
    return new Reach(sets, touches).includes(known, { of: (path) => path, version: 0 });
  };

  it.each([
    [["/etc/app"], "file", "/etc/app", true],
    [["/etc/app/"], "file.sha256", "/etc/app", true],
    [["/etc/app"], "file.content", "/etc/app/below.conf", true],
    [["/etc/app"], "file.text", "/etc/application", false],
    [["/etc/app"], "file", "/etc", false],
    [["/etc/app"], "file.empty", "/etc", true],
    [["/etc/passwd"], "user.exists", "app", true],
    [["/etc"], "user.exists", "app", true],
    [["/etc/app"], "user.exists", "app", false],
    [["/etc/systemd/system/app.service"], "systemd.unit", "app.service", true],
    [["/etc/app"], "systemd.unit", "app.service", false],
    [[{ unit: "app" }], "systemd.unit", "app.service", true],
    [[{ unit: "app.timer" }], "systemd.unit", "app.timer", true],
    [[{ unit: "app" }], "systemd.unit", "other.service", false],
    [[{ unit: "app" }], "file", "/etc/app", false],
    [[{ unit: "app" }], "mysql.account", { server: {} }, true],
    [[{ package: "curl" }], "dpkg.package", "curl", true],
    [[{ package: "curl" }], "dpkg.package", "wget", true], // it may come along: it is not there
    [[{ package: "curl" }], "dpkg.version", "libcurl4", true],
    [[{ package: "curl" }], "file.sha256", "/usr/bin/curl", true],
    [[{ package: "curl" }], "file.sha256", "/srv/curl", false],
    [[{ package: "curl" }, "/srv"], "file.sha256", "/srv/curl", true],
    [[], "file", "/etc/app", false],
  ] as const)("%j reaches %s of %j: %s", (stated, fact, key, expected) => {
    const how = fact === "dpkg.package" ? "no" : undefined;
    expect(how === "no" ? reachedAbsent(stated, key) : reached(stated, fact, key)).toBe(expected);
  });

  const reachedAbsent = (stated: readonly Stated[], key: FactKey) => {
    const { sets, touches } = narrowed(change({ what: "run", script: sh`x` }), stated);
    const fact = factNamed("dpkg.package");
    if (!fact) throw new Error("there is no such fact");
    const known = { fact, key, realPath: undefined, current: { value: "no" } };
    return new Reach(sets, touches).includes(known, { of: (path) => path, version: 0 });
  };
});

describe("--verify", () => {
  /** A command that turns a switch, whatever is said of it. */
  class Surprising extends FakeSwitches {
    override respond(script: string) {
      if (script.endsWith("print surprise")) this.switches["light"] = "off";
      return super.respond(script);
    }
  }
  const run = (touches: readonly Stated[], body: () => PromiseLike<unknown>, verify = true) => {
    const steps = async () => {
      await body();
      await print({ text: "surprise" }, { name: "migrate", touches });
      await turn({ name: "light", to: "on" });
    };
    return runOn({ a: new Surprising({ light: "on" }) }, one(steps), { verify });
  };

  it("tells of a fact that was read before, is outside of what was said, and has altered", async () => {
    for (const at of ["own", "unsaid", "services"] as const) {
      const ran = await run([], () => look({ at }));
      const [error] = ran.of("host:failed").map((event) => event.error);
      expect(error).toMatchObject({
        code: "change.not-stated",
        message: "migrate: its `touches` say that it alters nothing, which is not true",
        details: [`${facts[at].name} light: expected "on", got "off"`],
        hint: "name in `touches` what else the task may alter, or leave the option out: then it may alter everything",
      });
      expect(error?.location?.file).toMatch(/stated\.test\.ts$/);
      expect(ran.statuses.at(-1)).toBe("a print migrate: failed");
    }
  });

  it("says what was said", async () => {
    const ran = await run(["/etc/app", { unit: "app" }, { package: "curl" }], () => look({ at: "own" }));
    expect(ran.of("host:failed")[0]?.error.message).toBe(
      "migrate: its `touches` say that it alters nothing but /etc/app, unit app, package curl, which is not true",
    );
  });

  it("has nothing to say of what was not read, what the world answers, and what was named", async () => {
    const fine = async () => undefined;
    expect((await run([], fine)).exitCode).toBe(0);
    expect((await run([], () => look({ at: "world" }))).exitCode).toBe(0);
    expect((await run([{ unit: "app" }], () => look({ at: "services" }))).exitCode).toBe(0);
  });

  it("is what looks: without it the author is believed", async () => {
    const ran = await run([], () => look({ at: "own" }), false);
    expect(statuses(ran.statuses)).toEqual(["ok", "changed", "ok"]);
  });

  it("lets a step that rescues the failure go on by what is really there", async () => {
    const ran = await runOn(
      { a: new Surprising({ light: "on" }) },
      one(async () => {
        await look({ at: "own" });
        // a mistake of its author's, so the command is not run once more
        await print({ text: "surprise" }, { touches: [], ignoreErrors: true, retries: 2, delay: 0 });
        await turn({ name: "light", to: "on" });
      }),
      { verify: true },
    );
    expect(statuses(ran.statuses)).toEqual(["ok", "failed", "changed"]);
    expect(ran.of("task:retry")).toEqual([]);
  });
});

describe("a kept plan", () => {
  const body = (touches: readonly Stated[]) =>
    one(async () => {
      await print({ text: "x" }, { name: "migrate", touches });
      await turn({ name: "light", to: "on" });
    });

  it("records what was said, shows it, and is held to it", async () => {
    const hosts = () => ({ a: new FakeSwitches({ light: "off" }) });
    const { plan } = await planOn(hosts(), body(["/etc/app", { unit: "app" }]));
    expect(plan.tasks.map(({ status, changes }) => [status, changes[0]?.stated])).toEqual([
      ["changed", ["/etc/app", "unit app"]],
      ["changed", undefined],
    ]);
    const shown = planLines(plan, (_, text) => text).join("\n");
    expect(shown).toMatch(/would change +a +print migrate: touches \/etc\/app, unit app/);
    const ran = await applyOn(hosts(), body(["/etc/app", { unit: "app" }]), plan);
    expect(ran.exitCode).toBe(0);
  });

  it("says so where that is nothing", async () => {
    const { plan } = await planOn({ a: new FakeSwitches() }, body([]));
    expect(planLines(plan, (_, text) => text).join("\n")).toContain("print migrate: touches nothing");
  });
});
