import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { rebootHost } from "../../../src/core/tasks/reboot-host.ts";
import { reboot } from "../../../src/modules/index.ts";
import { planTask } from "../../../src/testing/plan.ts";
import { FakeConnection } from "../../../src/transport/fake.ts";
import { Session } from "../../../src/transport/session.ts";

it("is certainly a change, of what nobody knows", async () => {
  const planned = await planTask(reboot({ timeout: "2m" }), { facts: [] });
  expect(planned.changes).toMatchObject([
    { what: "reboot", action: { kind: "reboot", timeout: 120_000 }, touches: ["everything"] },
  ]);
});

it("wants a duration, and says which there are", () => {
  // @ts-expect-error: no duration
  expect(() => reboot({ timeout: "soon" })).toThrow(
    'reboot: timeout: expected a time such as 5, "500ms" or "10m" (in ms, s, m or h; at most 24 days), got "soon"',
  );
});

it("waits for no host any more once its run is over", async () => {
  const sameBoot = new FakeConnection({ respond: () => ({ stdout: "one\n" }) });
  const session = new Session(async () => sameBoot);
  const waiting = rebootHost(session, undefined, 60_000);
  const refused = expect(waiting).rejects.toMatchObject({
    code: "host.lost",
    message: "the connection was closed: the run is over",
  });
  await sleep(100);
  await session.close();
  await refused;
});
