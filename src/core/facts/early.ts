/** How long a fact that was read before anybody asked for it may be used, and what ends that sooner. */

/** What a host does by itself is seen as late as this, at most. Milliseconds. */
const longestAge = 30_000;

/**
 * How long code of a step may hold up the process without the event loop's turning. Longer than that it may wait for a
 * command that changes a host. So may a busy machine: that costs a look at the host. Milliseconds.
 */
const longestHold = 50;

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
  #idle = newIdleness();

  /** @returns whether code was away, since any task has ended: one task's end says nothing of code beside another */
  begin(): boolean {
    const { since, waited } = this.#idle;
    return waited || performance.now() - since > longestHold;
  }

  end(): void {
    this.#idle = newIdleness();
  }
}

/** From now on: code that just goes on does so before anything else has its turn. */
function newIdleness(): { readonly since: number; waited: boolean } {
  const idle = { since: performance.now(), waited: false };
  // not setImmediate: what reads or writes a small file has often ended before that
  process.nextTick(() => {
    idle.waited = true;
  });
  return idle;
}
