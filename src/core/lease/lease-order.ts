/**
 * The order in which a run waits for leases, so that no two runs ever wait for each other.
 *
 * Each lock has a name that is the same for every run, and runs follow the order of these names. While a run waits for
 * a lease, it holds no lease that comes later in the order, except one under which it is making a change. A change
 * waits for no lease, and when the change is made, that lease is given back as well. So runs never wait in a circle:
 * each of them would hold a lease that comes before the lease that it waits for, which can't be true all the way round.
 * A run may take free leases in any order, since that needs no waiting. It asks at once again for a lease that it gave
 * back.
 */
import pLimit from "p-limit";
import { ShowrunnerError } from "../../base/errors.ts";
import type { Lease, LeaseTerms } from "./lease.ts";
import type { Held } from "./lease-answer.ts";

/** Why a lease is asked for. */
interface Wish {
  /** True: a change needs the lease. False: a change is expected to need it. */
  isNeeded: boolean;
  resolve(): void;
  reject(error: unknown): void;
  answered(): Promise<void>;
}

interface Refused {
  readonly lease: Lease;
  readonly lock: string;
}

export class LeaseOrder {
  readonly #terms: LeaseTerms;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #expected: () => readonly Lease[];
  #all: Promise<void> | undefined;
  #hasAsked = false;
  readonly #leases = new Set<Lease>();
  readonly #wishes = new Map<Lease, Wish>();
  /** The runs that were waited for in vain. They are not waited for again. */
  readonly #inVain = new Set<string>();
  /** The lock that is waited for. */
  #awaited: string | undefined;
  readonly #returning = new Set<Promise<unknown>>();
  #asking: Promise<void> | undefined;

  /**
   * @param forks how many hosts are asked at a time
   * @param expected the leases that the run will need as far as it knows, asked at its first change
   */
  constructor(terms: LeaseTerms, forks: number, expected: () => readonly Lease[]) {
    this.#terms = terms;
    this.#limit = pLimit(forks);
    this.#expected = expected;
  }

  /**
   * Makes a change under a lease. The change must not wait for another lease. Before the first change the run asks for
   * all the leases that it expects to need: so it has all of its hosts, or waits before it has begun.
   *
   * @throws ShowrunnerError `lease.held`, `lease.failed`, `host.*`, `become.refused`
   */
  async under<T>(lease: Lease, change: () => Promise<T>): Promise<T> {
    await this.#haveAskedForExpected(lease);
    for (;;) {
      lease.uses++;
      try {
        if (await lease.isOurs()) return await change();
      } finally {
        lease.uses--;
        this.#giveBackWhatIsBehind();
      }
      const granted = this.#wish(lease, true);
      this.#begin();
      await granted;
    }
  }

  /**
   * @param lease the lease that the change needs; the change is the first one, or comes while the other leases are
   * asked for
   */
  async #haveAskedForExpected(lease: Lease): Promise<void> {
    if (this.#hasAsked) return;
    const mine = this.#wish(lease, true);
    this.#all ??= this.#askForExpected();
    await this.#all;
    await mine;
  }

  /** A lease that is not free after the usual wait, or can't be asked for yet, is left until a change needs it. */
  async #askForExpected(): Promise<void> {
    const wishes = this.#expected().map((lease) => this.#wish(lease, false));
    this.#begin();
    await Promise.allSettled(wishes);
    this.#hasAsked = true;
  }

  #wish(lease: Lease, isNeeded: boolean): Promise<void> {
    this.#leases.add(lease);
    const known = this.#wishes.get(lease);
    if (known) {
      known.isNeeded ||= isNeeded;
      return known.answered();
    }
    const answered = new Promise<void>((resolve, reject) => {
      this.#wishes.set(lease, { isNeeded, resolve, reject, answered: () => answered });
    });
    answered.catch(() => undefined); // a lease that is only expected to be needed may have nobody waiting for it
    return answered;
  }

  #begin(): void {
    this.#asking ??= this.#fulfil().finally(() => {
      this.#asking = undefined;
    });
  }

  /** Asks for all wanted leases, waits for the first that is refused, and asks for the rest again. */
  async #fulfil(): Promise<void> {
    while (this.#wishes.size > 0) {
      const refused = await this.#askForAll();
      const [first] = refused.toSorted((a, b) => (a.lock < b.lock ? -1 : Number(a.lock > b.lock)));
      if (!first) continue;
      this.#awaited = first.lock;
      this.#giveBackWhatIsBehind();
      await Promise.allSettled(this.#returning);
      await this.#ask(first.lease, Math.ceil(this.#terms.wait));
      this.#awaited = undefined;
      await Promise.allSettled(this.#returning);
    }
  }

  async #askForAll(): Promise<readonly Refused[]> {
    const asked = [...this.#wishes.keys()].map((lease) => this.#limit(() => this.#ask(lease, 0)));
    return (await Promise.all(asked)).flatMap((refused) => refused ?? []);
  }

  /** @returns the lease where it is to be waited for */
  async #ask(lease: Lease, wait: number): Promise<Refused | undefined> {
    const wish = this.#wishes.get(lease);
    if (!wish) return undefined;
    try {
      const answer = await lease.ask(wait, this.#terms.takeOver && wish.isNeeded ? "all" : "nothing");
      if (answer.kind === "held") {
        const { lock } = lease;
        if (wait === 0 && lock !== undefined && this.#isWorthWaiting(answer, wish)) return { lease, lock };
        if (wait > 0 && answer.by !== "") this.#inVain.add(answer.by);
        throw held(answer, this.#terms.wait);
      }
      wish.resolve();
    } catch (error) {
      wish.reject(error);
    }
    this.#wishes.delete(lease);
    return undefined;
  }

  #isWorthWaiting({ by }: Held, { isNeeded }: Wish): boolean {
    const { wait, takeOver } = this.#terms;
    // a lease is taken over only when a change needs it
    return wait > 0 && !this.#inVain.has(by) && (isNeeded || !takeOver);
  }

  #giveBackWhatIsBehind(): void {
    const awaited = this.#awaited;
    if (awaited === undefined) return;
    const behind = [...this.#leases].filter(({ isHeld, lock = "" }) => isHeld && lock > awaited);
    // several names of one host share its lock
    const inUse = new Set(behind.filter(({ uses }) => uses > 0).map(({ lock }) => lock));
    for (const lease of behind.filter(({ lock }) => !inUse.has(lock))) {
      const returning = lease.giveBack().finally(() => this.#returning.delete(returning));
      this.#returning.add(returning);
      void this.#wish(lease, false);
    }
  }
}

function held({ trouble }: Held, wait: number): ShowrunnerError {
  return new ShowrunnerError("lease.held", trouble, {
    hint: `--wait-lease 10m waits for it (here: ${Math.ceil(wait)} s); --take-over ends what runs there, even in the middle of a change`,
  });
}
