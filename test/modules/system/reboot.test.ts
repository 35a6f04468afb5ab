import { expect, it } from "vitest";
import { reboot } from "../../../src/modules/index.ts";
import { planTask } from "../../../src/testing/plan.ts";

it("is certainly a change, of what nobody knows", async () => {
  const planned = await planTask(reboot({ timeout: "2m" }), { facts: [] });
  expect(planned.changes).toMatchObject([
    { what: "reboot", action: { kind: "reboot", timeout: 120_000 }, touches: ["everything"] },
  ]);
});

it("wants a duration", () => {
  // @ts-expect-error: no duration
  expect(() => reboot({ timeout: "soon" })).toThrow(/timeout/);
});
