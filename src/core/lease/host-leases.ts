/** A run's leases of one host, one for each user, and the host's pending handlers, of earlier runs and of this run. */
import type { Session } from "../../transport/session.ts";
import type { Become } from "../../transport/transport.ts";
import type { FactStore } from "../facts/fact-store.ts";
import { EarlierHandlers } from "./earlier-handlers.ts";
import { hostState, isBusy } from "./host-state.ts";
import { Lease, type LeaseTerms } from "./lease.ts";
import type { LeaseOrder } from "./lease-order.ts";
import { OwnHandlers } from "./own-handlers.ts";
import type { PendingHandler } from "./pending-handler.ts";
import { PendingRecords } from "./pending-records.ts";
import type { RunView } from "./run-view.ts";

/** The facts that a task was planned from may be older than another run's changes: plan the task again. */
export class PlanOutdated extends Error {}

/** How a run goes about the leases of all its hosts. */
export interface RunLeases {
  readonly terms: LeaseTerms;
  readonly order: LeaseOrder;
}

export class HostLeases {
  /** What this run's own changes notify. */
  readonly ownHandlers: OwnHandlers;
  /** What earlier runs left pending. */
  readonly earlierHandlers: EarlierHandlers;
  readonly #facts: FactStore;
  readonly #session: Session;
  readonly #terms: LeaseTerms;
  readonly #order: LeaseOrder;
  readonly #records: PendingRecords;
  readonly #run: RunView;
  readonly #leases = new Map<string, Lease>();
  /** Whether the run has asked the host for more than leases that it expects to need. */
  #isBegun = false;
  /** Each user's `last` (see HostState), as it was when that user first read facts. */
  readonly #seen = new Map<string, string>();
  /** How often each user's facts turned out to be older than another run's changes. */
  readonly #epochs = new Map<string, number>();
  /** Users whose facts are outdated and have not been read again yet: reading may have failed. */
  readonly #unseen = new Set<string>();

  constructor(facts: FactStore, session: Session, { terms, order }: RunLeases, run: RunView) {
    const records = new PendingRecords(session);
    this.ownHandlers = new OwnHandlers(records, run);
    this.earlierHandlers = new EarlierHandlers(run);
    this.#facts = facts;
    this.#session = session;
    this.#terms = terms;
    this.#order = order;
    this.#records = records;
    this.#run = run;
  }

  /**
   * Learns who was here last and which handlers are pending, unless that is known: along with the first facts that are
   * read as this user.
   */
  async lookFirst(become: Become | undefined): Promise<void> {
    this.#isBegun = true;
    if (!this.#seen.has(userOf(become))) await this.#look(become);
  }

  /** The epoch of the facts that are read from now on as this user. */
  epoch(become: Become | undefined): number {
    return this.#epochs.get(userOf(become)) ?? 0;
  }

  /**
   * Makes a change, while nobody else changes the host.
   *
   * @param epoch when the facts were read that the change was planned from
   * @param change must not wait for a lease
   * @throws PlanOutdated where another run may have changed the host since; all facts are forgotten then
   * @throws ShowrunnerError `lease.*`, `host.*`
   */
  async change<T>(become: Become | undefined, epoch: number, change: () => Promise<T>): Promise<T> {
    return this.#under(become, async () => {
      if (this.epoch(become) !== epoch) throw new PlanOutdated();
      return change();
    });
  }

  /**
   * Takes the lease again after a lost connection. The work that the lease was taken for goes on by itself meanwhile.
   */
  async again(become: Become | undefined): Promise<void> {
    await this.#under(become, async () => undefined);
  }

  /** The lease that changes as a user are made under. */
  lease(become: Become | undefined): Lease {
    const user = userOf(become);
    const known = this.#leases.get(user);
    if (known) return known;
    const lease = new Lease(this.#session, become, this.#terms, {
      tell: (text) => this.#run.tell(text),
      granted: (last) => this.#granted(user, last),
      // a host whose turn has not come is reached anew when it comes
      lost: () => this.#isBegun || this.#session.reconnect(),
    });
    this.#leases.set(user, lease);
    return lease;
  }

  /** Whether an earlier run's handler is still pending, now that no other run can run it. */
  async isStillPending(ids: readonly string[]): Promise<boolean> {
    if (this.#run.check) return true;
    const written = () => ids.flatMap((id) => this.#records.writtenAs(id));
    for (const as of written()) await this.#under(as, async () => undefined);
    return written().length > 0;
  }

  /** The handlers that earlier runs left and that this run neither ran nor is going to run. */
  get left(): readonly PendingHandler[] {
    return this.earlierHandlers.left.filter(({ id }) => !this.#run.isPending(id));
  }

  /** The labels of the handlers that this run has begun and that are still pending: they failed, or were cut off. */
  get stillPending(): readonly string[] {
    const begun = this.#records.written.filter(
      ({ id }) => !this.earlierHandlers.has(id) && !this.#run.isPending(id),
    );
    const labels = new Map(begun.map(({ id, label }) => [id, label]));
    return [...labels].flatMap(([id, label]) => {
      const failed = this.ownHandlers.failedUnder(id);
      return failed.length > 0 ? failed : [label];
    });
  }

  /** Ends all of our processes as this user, until the next change is made as this user. */
  async leave(user: string): Promise<void> {
    await this.#leases.get(user)?.giveBack();
  }

  /** @param isIdle whether nothing of the run works on the host any more */
  async release(isIdle: boolean): Promise<void> {
    await Promise.all([...this.#leases.values()].map((lease) => lease.release(isIdle)));
  }

  #under<T>(become: Become | undefined, work: () => Promise<T>): Promise<T> {
    const user = userOf(become);
    this.#isBegun = true;
    return this.#order.under(this.lease(become), async () => {
      if (this.#unseen.has(user)) await this.#lookAgain(become);
      else if (!this.#seen.has(user)) await this.#look(become);
      return work();
    });
  }

  /** Compares the last holder of the lease with the last holder at the time when the facts were read. */
  #granted(user: string, last: string): void {
    const isOurs = last.startsWith(this.#terms.holder.run);
    const isSeen = this.#seen.get(user) === last && !last.endsWith(" held");
    // where nothing was asked yet, there is nothing to forget
    if (isOurs || isSeen || !this.#isBegun) return;
    this.#epochs.set(user, (this.#epochs.get(user) ?? 0) + 1);
    this.#facts.invalidate([], ["everything"]);
    this.#unseen.add(user);
  }

  async #lookAgain(become: Become | undefined): Promise<void> {
    const user = userOf(become);
    // what was found in this user's folder, and in no other
    const isElsewhere = (as: Become | undefined) => userOf(as) !== user;
    this.earlierHandlers.forget((id) => !this.#records.writtenAs(id).some(isElsewhere));
    await this.#look(become);
    this.#unseen.delete(user);
  }

  async #look(become: Become | undefined): Promise<void> {
    const { value } = await this.#facts.read(become, hostState, this.#terms.holder.run);
    this.#seen.set(userOf(become), value.last);
    const pendingHandlers = isBusy(value) ? [] : value.pendingHandlers;
    // our own are read again where the host came back from a reboot
    this.earlierHandlers.found(this.#records.found(become, pendingHandlers, this.#run.id), become);
  }
}

function userOf(become: Become | undefined): string {
  return become?.user ?? "";
}
