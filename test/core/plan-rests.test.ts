import { describe, expect, it } from "vitest";
import { play } from "../../src/core/plays/play.ts";
import { batch } from "../../src/core/steps/batch.ts";
import { flushHandlers } from "../../src/core/steps/flush-handlers.ts";
import { on } from "../../src/core/steps/on.ts";
import { once } from "../../src/core/steps/once.ts";
import { FakeSwitches, print, turn } from "./harness.ts";
import { applyOn, codes, one, planOn } from "./plan-harness.ts";

/** A switch that is turned to what nobody knows before. */
async function turnUnknown(to = "on") {
  const { value } = await print({ text: "found" });
  return turn({ name: value, to });
}

describe("a step of which the rest could not be foreseen", () => {
  it("is held to what was planned before that, also to what was found as it should be", async () => {
    const plays = (a = "on", b = "on") =>
      one(async () => {
        await turn({ name: "a", to: a });
        await turn({ name: "b", to: b });
        await turnUnknown();
      });
    const host = () => new FakeSwitches({ a: "off", b: "on" });
    const { plan } = await planOn({ h: host() }, plays());
    expect(plan.tasks.map(({ title, status }) => `${title} ${status}`)).toEqual([
      "a changed",
      "b ok",
      "found changed",
    ]);
    expect(plan.unforeseen.map(({ after }) => after)).toEqual([3]);
    for (const edited of [plays("dim"), plays("on", "dim")]) {
      const real = host();
      expect(codes(await applyOn({ h: real }, edited, plan))).toEqual(["h plan.diverged"]);
      expect(real.changes.filter((change) => change.includes("dim"))).toEqual([]);
    }
    const same = host();
    expect(codes(await applyOn({ h: same }, plays(), plan))).toEqual([]);
    expect(same.changes).toEqual(["turn a on", "print found", "turn found on"]);
  });

  it("takes no new task before all has been done that was planned before", async () => {
    const plays = (isEdited = false) =>
      one(async () => {
        await turn({ name: "a", to: "on" });
        if (isEdited) await turn({ name: "new", to: "on" });
        await turnUnknown();
      });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays());
    const real = new FakeSwitches();
    expect(codes(await applyOn({ h: real }, plays(true), plan))).toEqual(["h plan.diverged"]);
    expect(real.changes).toEqual(["turn a on"]);
  });

  it("lists what is as it should be only before such a rest", async () => {
    const plays = one(() => turn({ name: "a", to: "on" }));
    expect((await planOn({ h: new FakeSwitches({ a: "on" }) }, plays)).plan.tasks).toEqual([]);
  });

  it("may do once more, in that rest, what it did before", async () => {
    const plays = one(async () => {
      await turn({ name: "a", to: "on" });
      await turnUnknown();
      await turn({ name: "a", to: "off" });
    });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    const real = new FakeSwitches();
    expect(codes(await applyOn({ h: real }, plays, plan))).toEqual([]);
    expect(real.changes).toEqual(["turn a on", "print found", "turn found on", "turn a off"]);
  });

  it("waits neither for what only something likely leads to, nor for a handler", async () => {
    const plays = one(async () => {
      await print({ text: "before" });
      const { changed } = await turn(
        { name: "a", to: "on" },
        { notify: turn({ name: "handler", to: "done" }) },
      );
      if (changed) await turn({ name: "b", to: "on" });
      await flushHandlers();
      await turnUnknown();
    });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    const real = new FakeSwitches();
    const respond = real.respond.bind(real);
    // what is printed first turns it on, so that nothing is left to be done
    real.respond = (script) => {
      if (/^print before/m.test(script)) real.switches["a"] = "on";
      return respond(script);
    };
    expect(codes(await applyOn({ h: real }, plays, plan))).toEqual([]);
    expect(real.changes).toEqual(["print before", "print found", "turn found on"]);
  });

  it("may come to it while what ran beside it in the plan is not done yet", async () => {
    const plays = one(async () => {
      await batch([turn({ name: "a", to: "on" }), turn({ name: "b", to: "on" })]);
      const beside = async () => {
        for (const name of ["c", "d", "e", "f"]) await turn({ name, to: "on" });
      };
      await Promise.all([beside(), turnUnknown()]);
    });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays);
    const real = new FakeSwitches();
    expect(codes(await applyOn({ h: real }, plays, plan))).toEqual([]);
    expect([...real.changes].sort()).toEqual(
      ["print found", ...["a", "b", "c", "d", "e", "f", "found"].map((name) => `turn ${name} on`)].sort(),
    );
  });

  it.each([
    ["on another host", () => on("h2", () => turn({ name: "x", to: "on" }, notifying("done")))],
    ["once", () => once(() => turn({ name: "x", to: "on" }, notifying("done")))],
    [
      "by a handler",
      () => turn({ name: "x", to: "on" }, { notify: turn({ name: "y", to: "on" }, notifying("done")) }),
    ],
    [
      "with a condition",
      () => turn({ name: "x", to: "on" }, { ...notifying("done"), changedWhen: () => true }),
    ],
  ])("has its handlers run: %s", async (_, rest) => {
    const plays = one(
      async () => {
        await turnUnknown();
        await rest();
      },
      { hosts: "h1" },
    );
    const hosts = () => ({ h1: new FakeSwitches(), h2: new FakeSwitches() });
    const { plan } = await planOn(hosts(), plays);
    const real = hosts();
    expect(codes(await applyOn(real, plays, plan))).toEqual([]);
    expect([...real.h1.changes, ...real.h2.changes]).toContain("turn handler done");
  });

  it("runs no handler that a planned task was made to notify since", async () => {
    const plays = (isEdited = false) =>
      one(async () => {
        await turn({ name: "a", to: "on" }, isEdited ? notifying("done") : {});
        await turnUnknown();
      });
    const { plan } = await planOn({ h: new FakeSwitches() }, plays());
    const real = new FakeSwitches();
    expect(codes(await applyOn({ h: real }, plays(true), plan))).toEqual(["h plan.diverged"]);
    expect(real.changes).not.toContain("turn handler done");
  });

  it("takes no handler for a task that is called the same", async () => {
    const plays = (isEdited = false) => [
      play(
        "p",
        { hosts: "all" },
        {
          s: async () => {
            await turn({ name: "a", to: "on" }, isEdited ? notifying("on") : {});
            if (!isEdited) await turn({ name: "handler", to: "on" });
          },
        },
      ),
    ];
    const { plan } = await planOn({ h: new FakeSwitches() }, plays());
    expect(codes(await applyOn({ h: new FakeSwitches() }, plays(true), plan))).toEqual(["h plan.diverged"]);
  });
});

function notifying(to: string) {
  return { notify: turn({ name: "handler", to }) };
}
