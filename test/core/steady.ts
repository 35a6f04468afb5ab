/** How long everybody else waits while one host misbehaves. */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "../../src/transport/session.ts";

export interface Waits {
  /** The slowest of the steady host's round trips. Milliseconds. */
  readonly slowest: number;
  readonly trips: number;
  /** The most processor time that this process took between two turns of its event loop. Milliseconds. */
  readonly longestTurn: number;
}

/**
 * Makes round trips, one after the other, until the work is done, and five at least.
 *
 * @param begin begins the work, once the first trip has been made
 */
export async function steadily(session: Session, begin: () => Promise<unknown>): Promise<Waits> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  let slowest = 0;
  let trips = 0;
  await session.run(undefined, ["true"]);
  const turns = new Turns();
  begin().then(over, over);
  while (!isOver || trips < 5) {
    const began = performance.now();
    await session.run(undefined, ["true"]);
    slowest = Math.max(slowest, performance.now() - began);
    trips++;
    await sleep(2);
  }
  return { slowest, trips, longestTurn: turns.stop() };
}

/** Processor time, unlike the clock's, does not count what other processes of a busy machine take. */
class Turns {
  #longest = 0;
  #last = process.cpuUsage();
  readonly #timer = setInterval(() => this.#look(), 1);

  #look(): void {
    const { user, system } = process.cpuUsage(this.#last);
    this.#longest = Math.max(this.#longest, (user + system) / 1000);
    this.#last = process.cpuUsage();
  }

  stop(): number {
    this.#look();
    clearInterval(this.#timer);
    return this.#longest;
  }
}
