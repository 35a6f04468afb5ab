/** Takes the power from a balancer, and watches from outside how long the site is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { ShowrunnerError } from "../../base/errors.ts";
import { type Place, visit } from "./visitor.ts";

/** What a visitor has noticed. */
interface Gap {
  readonly asked: number;
  readonly failed: number;
  /** From the last good answer before the fault to the first one after it. */
  readonly seconds: number;
}

/** Between two requests, in milliseconds. */
const pause = 50;
/** A request that takes longer counts as failed. Milliseconds. */
const patience = 1000;
const longestGap = 30_000;

/**
 * Asks twenty times a second, before the fault and until two seconds after the site is back.
 *
 * @param fault makes it happen
 * @param told is called when the site stops answering, and when it answers again
 * @throws ShowrunnerError `internal` where the site does not come back within 30 s
 */
export async function watchGap(
  place: Place,
  fault: () => Promise<void>,
  told: (isAway: boolean, seconds: number) => void,
): Promise<Gap> {
  let [asked, failed] = [0, 0];
  let lastGood = performance.now();
  let brokenAt = lastGood;
  let [longest, isAway] = [0, false];
  const pending = new Set<Promise<void>>();
  const answered = async (sentAt: number) => {
    const isGood = await visit(place, "healthz", patience).then(
      ({ status }) => status === 200,
      () => false,
    );
    const now = performance.now();
    if (!isGood) {
      failed++;
      if (!isAway && sentAt > lastGood) {
        isAway = true;
        told(true, (sentAt - brokenAt) / 1000);
      }
      return;
    }
    if (isAway && sentAt > lastGood) {
      isAway = false;
      told(false, (now - brokenAt) / 1000);
    }
    longest = Math.max(longest, now - lastGood);
    lastGood = now;
  };
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      asked++;
      const one = answered(performance.now()).finally(() => pending.delete(one));
      pending.add(one);
      await sleep(pause);
    }
    await Promise.all(pending);
  })();
  await sleep(1000);
  longest = 0;
  brokenAt = performance.now();
  try {
    await fault();
    // the address moves within 4 seconds; then all must have been well for some time
    while (performance.now() - brokenAt < 5000 || performance.now() - lastGood > 200 || isAway) {
      if (performance.now() - brokenAt > longestGap)
        throw new ShowrunnerError("internal", `${place.url} does not answer any more`);
      await sleep(pause);
    }
  } finally {
    isOver = true;
    await asking;
  }
  return { asked, failed, seconds: longest / 1000 };
}
