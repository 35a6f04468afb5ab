/** What a batch's hosts do once in a step: whose turn it is, and what has come of it. */
import type { HostRun } from "./host-run.ts";

/** A host's call of `once`. */
export interface SharedCall {
  /** The host whose step it is. */
  readonly host: HostRun;
  /** Where it stands in the code. */
  readonly place: string;
  /** Which of the host's calls there it is, from 1. */
  readonly nth: number;
  /** What is done: the same for all hosts that share it. */
  readonly key: string;
  /** Made within something that is done once: the others wait for that, and don't come to this. */
  readonly isNested: boolean;
}

/** What came of doing it. */
interface Made {
  /** It was not done: the next host may. */
  readonly isLeft: boolean;
}

interface Waiting {
  readonly call: SharedCall;
  start(): Promise<Made>;
  resolve(made: Made): void;
}

interface Work {
  isUnderWay: boolean;
  done: Made | undefined;
  readonly waiting: Waiting[];
  /** Those that could not do it themselves. */
  readonly followers: ((made: Made | undefined) => void)[];
}

/**
 * The work is done by the first host in the batch's order that comes to it, however fast the others are: so a run does
 * it on the host that its plan named, and the next run on the one where this one did. A host that may still come is
 * waited for: one that has neither come as far as this call nor ended the step. Hosts wait for those before them only,
 * which keeps two from waiting for each other.
 */
export class SharedWork {
  readonly #hosts: readonly HostRun[];
  readonly #ranks: ReadonlyMap<HostRun, number>;
  readonly #gone = new Set<HostRun>();
  readonly #works = new Map<string, Work>();
  /** By place and host, how many calls were made, and to how many of them it has come. */
  readonly #calls = new Map<string, Map<HostRun, { made: number; reached: number }>>();

  /** @param hosts the batch, in its order */
  constructor(hosts: readonly HostRun[]) {
    this.#hosts = hosts;
    this.#ranks = new Map(hosts.map((host, rank) => [host, rank]));
  }

  /** Counts a call, in the order of the host's code. */
  count(place: string, host: HostRun): number {
    const calls = this.#callsAt(place, host);
    calls.made++;
    return calls.made;
  }

  /** The host has ended the step, or will not begin it. */
  leave(host: HostRun): void {
    this.#gone.add(host);
    this.#look();
  }

  /**
   * Does it, unless another host has or will.
   *
   * @param start does it on this host; never rejects
   * @returns what came of it, wherever; of what was left, only the host that left it hears
   */
  perform<T extends Made>(call: SharedCall, start: () => Promise<T>): Promise<T>;
  perform(call: SharedCall, start: () => Promise<Made>): Promise<Made> {
    const calls = this.#callsAt(call.place, call.host);
    calls.reached = Math.max(calls.reached, call.nth);
    return new Promise((resolve) => {
      this.#workOf(call.key).waiting.push({ call, start, resolve });
      this.#look();
    });
  }

  /**
   * For a host that has left it to others.
   *
   * @returns what came of it, or undefined where no host that has come to it could do it
   */
  follow<T extends Made>(key: string): Promise<T | undefined>;
  async follow(key: string): Promise<Made | undefined> {
    const { isUnderWay, done, followers } = this.#workOf(key);
    return isUnderWay ? new Promise((resolve) => followers.push(resolve)) : done;
  }

  #look(): void {
    for (const work of this.#works.values()) this.#lookAt(work);
  }

  #lookAt(work: Work): void {
    const { isUnderWay, done, waiting } = work;
    if (isUnderWay) return;
    if (done) {
      for (const { resolve } of waiting.splice(0)) resolve(done);
      return;
    }
    const [first] = waiting.toSorted((a, b) => this.#rank(a.call) - this.#rank(b.call));
    if (!first || !this.#isDue(first.call)) return;
    waiting.splice(waiting.indexOf(first), 1);
    work.isUnderWay = true;
    void this.#do(work, first);
  }

  async #do(work: Work, { start, resolve }: Waiting): Promise<void> {
    const made = await start();
    work.isUnderWay = false;
    if (!made.isLeft) work.done = made;
    resolve(made);
    this.#lookAt(work);
    if (!work.isUnderWay) for (const follow of work.followers.splice(0)) follow(work.done);
  }

  #isDue(call: SharedCall): boolean {
    const before = this.#hosts.slice(0, Math.max(0, this.#rank(call)));
    const hasCome = (host: HostRun) => this.#callsAt(call.place, host).reached >= call.nth;
    return before.every((host) => this.#gone.has(host) || host.failure !== undefined || hasCome(host));
  }

  #rank({ host, isNested }: SharedCall): number {
    return isNested ? -1 : (this.#ranks.get(host) ?? -1);
  }

  #workOf(key: string): Work {
    const work = this.#works.get(key) ?? { isUnderWay: false, done: undefined, waiting: [], followers: [] };
    this.#works.set(key, work);
    return work;
  }

  #callsAt(place: string, host: HostRun): { made: number; reached: number } {
    const ofPlace = this.#calls.get(place) ?? new Map<HostRun, { made: number; reached: number }>();
    this.#calls.set(place, ofPlace);
    const calls = ofPlace.get(host) ?? { made: 0, reached: 0 };
    ofPlace.set(host, calls);
    return calls;
  }
}
