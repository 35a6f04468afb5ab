/** Facts of a user's own that don't say what they rest on: read again after whatever was changed on their host. */
import { describe, expect, it } from "vitest";
import { sh } from "../../src/base/script.ts";
import { change } from "../../src/core/facts/change.ts";
import { defineFact } from "../../src/core/facts/fact.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { Type } from "../../src/index.ts";
import { FakeSwitches, print, runOn, turn } from "./harness.ts";
import { applyOn, one, planOn } from "./plan-harness.ts";

/** A user's own fact and module, of the same switches as the harness has, by their simplest definition. */
const lamp = defineFact<string, string>({
  name: "test.lamp",
  script: (names) => sh`read-switches ${names}`,
  parse: (stdout, names) => {
    const values = stdout.toString().trim().split("\n");
    return new Map(names.map((name, index) => [name, values[index] ?? ""]));
  },
});

const light = defineModule({
  name: "light",
  summary: "Lights a lamp.",
  params: { name: Type.String() },
  async *plan(host, { name }) {
    if ((await host.fact(lamp, name)) === "on") return;
    yield change({ what: "lit", script: sh`turn ${name} on`, sets: [lamp.is(name, "on")] });
  },
});

const dark = () => ({ a: new FakeSwitches({ hall: "off", porch: "off", heat: "off" }) });

describe("a fact that does not say what it rests on", () => {
  it("is read again once another task has changed anything", async () => {
    const hosts = dark();
    const ran = await runOn(
      hosts,
      one(async () => {
        await light({ name: "hall" });
        await light({ name: "hall" });
        await turn({ name: "hall", to: "off" });
        await light({ name: "hall" });
      }),
    );
    expect(ran.statuses.map((text) => text.split(": ")[1])).toEqual(["changed", "ok", "changed", "changed"]);
    expect(hosts.a.switches["hall"]).toBe("on");
  });

  it("is read again in a batch, too", async () => {
    const hosts = { a: new FakeSwitches({ hall: "on" }) };
    const tasks = () => batch([turn({ name: "hall", to: "off" }), light({ name: "hall" })]);
    await runOn(hosts, one(tasks));
    expect(hosts.a.switches["hall"]).toBe("on");
  });

  it("is not, after a change that names the fact: that says of which keys", async () => {
    const hosts = dark();
    const ran = await runOn(
      hosts,
      one(() => batch([light({ name: "hall" }), light({ name: "porch" }), light({ name: "heat" })])),
    );
    // all are read at once, then each is lit
    expect(ran.hosts["a"]).toMatchObject({ changed: 3, roundTrips: 4 });
  });

  it("is doubtful in a check, once another task would have changed anything", async () => {
    const tasks = async () => {
      await light({ name: "hall" });
      await light({ name: "hall" });
      await light({ name: "porch" });
      await turn({ name: "heat", to: "on" });
      await light({ name: "hall" });
      await light({ name: "attic" });
    };
    const ran = await runOn(dark(), one(tasks), { check: true });
    expect(ran.statuses.map((text) => text.split(": ")[1])).toEqual([
      "changed",
      "ok",
      "changed",
      "changed",
      "unknown",
      "likely",
    ]);
  });

  it("stays certain after what is said to change nothing", async () => {
    const tasks = async () => {
      await print({ text: "x" }, { changedWhen: false });
      await light({ name: "hall" });
    };
    const ran = await runOn(dark(), one(tasks), { check: true });
    expect(ran.statuses).toEqual(["a print x: ok", "a light hall: changed"]);
  });

  it("leaves a kept plan to what it was: what it calls likely or unknown may turn out either way", async () => {
    const play = one(async () => {
      await turn({ name: "hall", to: "off" });
      await light({ name: "hall" });
      await light({ name: "porch" });
    });
    for (const porch of ["off", "on"]) {
      const before = { hall: "on", porch };
      const { plan, statuses } = await planOn({ a: new FakeSwitches(before) }, play);
      expect(statuses.slice(1)).toEqual([
        "a light hall: unknown",
        `a light porch: ${porch === "on" ? "unknown" : "likely"}`,
      ]);
      const hosts = { a: new FakeSwitches(before) };
      const ran = await applyOn(hosts, play, plan);
      expect(ran.exitCode).toBe(0);
      expect(hosts.a.switches).toEqual({ hall: "on", porch: "on" });
    }
  });
});
