import { describe, expect, it } from "vitest";
import { FakeSwitches, print, turn } from "./harness.ts";
import { applyOn, codes, one, planOn } from "./plan-harness.ts";

describe("a change as another user than was planned", () => {
  it.each([
    ["root, by the play", { become: true }, {}],
    ["another user, by the play", { become: "deploy" }, {}],
    ["another user, by the task", {}, { become: "deploy" }],
  ])("is another change: %s", async (_, play, task) => {
    const plays = (isEdited: boolean) =>
      one(() => turn({ name: "a", to: "on" }, isEdited ? task : {}), {
        hosts: "all",
        ...(isEdited ? play : {}),
      });
    for (const [planned, applied] of [
      [false, true],
      [true, false],
    ] as const) {
      const { plan } = await planOn({ h: new FakeSwitches() }, plays(planned));
      const host = new FakeSwitches();
      const ran = await applyOn({ h: host }, plays(applied), plan);
      expect(codes(ran)).toEqual(["h plan.diverged"]);
      expect(ran.of("host:failed")[0]?.error.details).toEqual([
        expect.stringMatching(/^planned \(certain\): position missing → on, as /),
      ]);
      expect(host.changes).toEqual([]);
      const same = new FakeSwitches();
      expect(codes(await applyOn({ h: same }, plays(planned), plan))).toEqual([]);
    }
  });

  it("is refused where the plan was not sure, too", async () => {
    const plays = (become: string) =>
      one(
        async () => {
          await print({ text: "opaque" }, { become: false });
          await turn({ name: "a", to: "on" });
          await turn({ name: "b", to: "on" });
        },
        { hosts: "all", become },
      );
    const { plan } = await planOn({ h: new FakeSwitches({ b: "on" }) }, plays("deploy"));
    expect(plan.tasks.map(({ status }) => status)).toEqual(["changed", "likely", "unknown"]);
    const host = new FakeSwitches({ b: "on" });
    expect(codes(await applyOn({ h: host }, plays("admin"), plan))).toEqual(["h plan.diverged"]);
    expect(host.changes).toEqual(["print opaque"]);
  });

  it("is refused in another execution environment, too", async () => {
    const plays = (value: string) =>
      one(
        async () => {
          await print({ text: "opaque" }, { environment: { LEVEL: "1" } });
          await turn({ name: "a", to: "on" });
        },
        { hosts: "all", environment: { LEVEL: value } },
      );
    const { plan } = await planOn({ h: new FakeSwitches() }, plays("1"));
    const host = new FakeSwitches();
    expect(codes(await applyOn({ h: host }, plays("2"), plan))).toEqual(["h plan.diverged"]);
    const scripts = host.connection.scripts.filter((script) => /^(turn|print)/m.test(script));
    expect(scripts).toEqual([expect.stringContaining("print opaque")]);
  });
});
