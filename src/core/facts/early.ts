/** How long a fact that was read before anybody asked for it may be used, and what ends that sooner. */

/** How old an early value may be: what a host changes by itself is seen at most this late. Milliseconds. */
const longestAge = 30_000;

/**
 * How long code of a step may block the process, without a turn of the event loop, before it counts as having changed a
 * host: it may be waiting for a command that does. A busy machine blocks the process, too; the only cost is that a fact
 * is read again. Milliseconds.
 */
const longestHold = 50;

/** What had happened when early values were asked for. */
export interface AskedAt {
  /** The count of other hosts' changes. */
  readonly others: number;
  /** The count of jobs that had begun on other hosts. */
  readonly jobs: number;
  /** How often the host had been reached anew. */
  readonly reconnections: number;
}

/** A value's reading before any task has asked for it. */
export interface EarlyReading {
  /** One object for all that was asked for at once. */
  readonly asked: AskedAt;
  /** When the value arrived, in milliseconds since 1970; undefined until then. */
  came: number | undefined;
}

/** Whether it is too old to be used. By the clock of the day: the others stand still while a machine is suspended. */
export function isTooOld({ came }: EarlyReading): boolean {
  return came !== undefined && Math.abs(Date.now() - came) > longestAge;
}

/**
 * Tells whether the code of a step has done something other than tasks. It may then have changed hosts by its own
 * means: copied files to them, or called a program that does.
 */
export class Absence {
  #idle = newIdleness();

  /** @returns whether code has done something else since any task last ended: code may run beside another task */
  begin(): boolean {
    const { since, waited } = this.#idle;
    return waited || performance.now() - since > longestHold;
  }

  end(): void {
    this.#idle = newIdleness();
  }
}

/** Starts watching: code that goes on with its next task does so before anything else has its turn. */
function newIdleness(): { readonly since: number; waited: boolean } {
  const idle = { since: performance.now(), waited: false };
  // not setImmediate: what reads or writes a small file has often ended before that
  process.nextTick(() => {
    idle.waited = true;
  });
  return idle;
}
