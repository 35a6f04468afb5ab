/** How long a fact that was read before anybody asked for it may be used, and what ends that sooner. */

/** What a host does by itself is seen as late as this, at most. Milliseconds. */
const longestAge = 30_000;

/**
 * How long code of a step may be at something of its own that might change a host: waiting for it, or holding up the
 * process, which a busy machine does, too. Milliseconds.
 */
const shortestWait = 20;
const shortestHold = 250;

/** When a value was read that nobody has asked for yet. */
export interface EarlyReading {
  /** What others had changed when it was asked for. */
  readonly others: number;
  /** When it came, in milliseconds; undefined on its way. */
  came: number | undefined;
}

/** Whether it is too old to be used. */
export function isTooOld({ came }: EarlyReading, now = performance.now()): boolean {
  return came !== undefined && now - came > longestAge;
}

/**
 * Tells when the code of a step has been at something other than tasks. It may have changed hosts by means of its own
 * then: copied files to them, or called somebody who does.
 */
export class Absence {
  #busy = 0;
  #idle = newIdleness();

  /** @returns whether code was away, since the last task has ended */
  begin(): boolean {
    if (this.#busy++ > 0) return false;
    const { since, waited } = this.#idle;
    return performance.now() - since > (waited ? shortestWait : shortestHold);
  }

  end(): void {
    if (--this.#busy === 0) this.#idle = newIdleness();
  }
}

/** From now on: code that just goes on does so before the event loop turns. */
function newIdleness(): { readonly since: number; waited: boolean } {
  const idle = { since: performance.now(), waited: false };
  setImmediate(() => {
    idle.waited = true;
  });
  return idle;
}
