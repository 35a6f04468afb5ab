import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { rebootHost } from "../../../src/core/engine/reboot-host.ts";
import { reboot } from "../../../src/modules/index.ts";
import { planTask } from "../../../src/testing/plan.ts";
import { FakeConnection } from "../../../src/transport/fake.ts";
import { Session } from "../../../src/transport/session.ts";

it("is certainly a change, with unknown effects", async () => {
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

/** A host that answers each look with the next of these: what tells its boot, or nothing while it is away. */
function answering(boots: readonly (string | undefined)[]) {
  let looks = 0;
  return new Session(async () => {
    return new FakeConnection({
      respond: (script) => {
        if (!script.includes("boot_id")) return {};
        const boot = boots[Math.min(looks++, boots.length - 1)];
        return boot === undefined ? "die" : { stdout: boot };
      },
    });
  });
}

it.concurrent.each([
  [
    "answers all the time",
    ["one", "one"],
    "the host did not go down within 1.5 s after it was asked to reboot",
  ],
  ["stays away", ["one", undefined], "the host was not back within 1.5 s after its reboot"],
  [
    "is back and the same",
    ["one", undefined, "one"],
    /^the host went away and is back, but nothing shows that/,
  ],
] as const)("says what is true of a host that %s", async (_, boots, message) => {
  const said = message instanceof RegExp ? expect.stringMatching(message) : message;
  await expect(rebootHost(answering(boots), undefined, 1500)).rejects.toMatchObject({
    code: "task.timeout",
    message: said,
  });
});
