/** A run's tenure of one host: the lease, the debts of earlier runs that come with it, and its own. */
import type { Become } from "../../transport/transport.ts";
import type { FactStore } from "../facts/facts.ts";
import type { Debts } from "./debts.ts";
import { hostState, isBusy } from "./host-state.ts";
import { Inheritance } from "./inheritance.ts";
import type { Lease } from "./lease.ts";
import { Settlement } from "./settlement.ts";
import type { Tenant } from "./tenant.ts";

/** The facts that a task was planned from may be another run's past: plan it again. */
export class PlanOutdated extends Error {}

export class Tenure {
  /** What this run's own changes come to owe. */
  readonly settlement: Settlement;
  /** What earlier runs left. */
  readonly inheritance: Inheritance;
  readonly #facts: FactStore;
  readonly #lease: Lease;
  readonly #debts: Debts;
  readonly #tenant: Tenant;
  /** Each user's `last` (see HostState), as it was when that user first read facts. */
  readonly #seen = new Map<string, string>();
  /** How often each user's facts turned out to be another run's past. */
  readonly #epochs = new Map<string, number>();
  /** Those whose past is another one by now, and has not been looked at yet: that may have failed. */
  readonly #unseen = new Set<string>();
  readonly #entering = new Map<string, Promise<void>>();

  constructor(facts: FactStore, lease: Lease, debts: Debts, tenant: Tenant) {
    this.settlement = new Settlement(debts, tenant);
    this.inheritance = new Inheritance(tenant);
    this.#facts = facts;
    this.#lease = lease;
    this.#debts = debts;
    this.#tenant = tenant;
  }

  /** Learns who was here last and what is owed, unless that is known: along with the first facts that are read as this user. */
  async lookFirst(become: Become | undefined): Promise<void> {
    if (!this.#seen.has(userOf(become))) await this.#look(become);
  }

  /** Which of the user's pasts facts are of that are read from now on. */
  epoch(become: Become | undefined): number {
    return this.#epochs.get(userOf(become)) ?? 0;
  }

  /**
   * Sees to it that nobody else changes the host from now on.
   *
   * @param epoch when the facts were read that the change was planned from
   * @throws PlanOutdated where another run may have changed the host since; all facts are forgotten then
   * @throws ShowrunnerError `lease.*`, `host.*`
   */
  async enter(become: Become | undefined, epoch: number): Promise<void> {
    await this.#entered(become);
    if (this.epoch(become) !== epoch) throw new PlanOutdated();
  }

  /** Whether an inherited handler is still owed, now that nobody else can pay it. */
  async isStillOwed(id: string): Promise<boolean> {
    if (this.#tenant.check) return true;
    for (const as of this.#debts.writtenAs(id)) await this.#entered(as);
    return this.#debts.writtenAs(id).length > 0;
  }

  /** The labels of what this run was to pay and has not: the handler failed, or was cut off. */
  get unpaid(): readonly string[] {
    const begun = this.#debts.written.filter(({ id }) => !this.inheritance.has(id) && !this.#tenant.owes(id));
    return [...new Map(begun.map(({ id, label }) => [id, label])).values()];
  }

  /** Leaves nothing of ours at work as this user, until the next change is made as this user. */
  leave(user: string): Promise<void> {
    return this.#lease.giveBack(user);
  }

  /** @param isIdle whether nothing of the run works on the host any more */
  release(isIdle: boolean): Promise<void> {
    return this.#lease.release(isIdle);
  }

  /** Tasks that come at the same time enter together. */
  #entered(become: Become | undefined): Promise<void> {
    const user = userOf(become);
    const entering = this.#entering.get(user) ?? this.#enter(become);
    this.#entering.set(user, entering);
    const forget = () => void this.#entering.delete(user);
    entering.then(forget, forget);
    return entering;
  }

  async #enter(become: Become | undefined): Promise<void> {
    const user = userOf(become);
    const last = await this.#lease.hold(become);
    const isOurs = last === undefined || last.startsWith(this.#lease.run);
    const isSeen = this.#seen.get(user) === last && !last?.endsWith(" held");
    if (!isOurs && !isSeen) {
      this.#epochs.set(user, this.epoch(become) + 1);
      this.#facts.invalidate([], ["everything"]);
      this.#unseen.add(user);
    }
    if (!this.#unseen.has(user)) return;
    // what was found in this user's folder, and in no other
    const isElsewhere = (as: Become | undefined) => userOf(as) !== user;
    this.inheritance.forget((id) => !this.#debts.writtenAs(id).some(isElsewhere));
    await this.#look(become);
    this.#unseen.delete(user);
  }

  async #look(become: Become | undefined): Promise<void> {
    const { value } = await this.#facts.read(become, hostState, this.#lease.run);
    this.#seen.set(userOf(become), value.last);
    const debts = isBusy(value) ? [] : value.debts;
    // our own are read again where the host came back from a reboot
    this.inheritance.found(this.#debts.found(become, debts, this.#tenant.run), become);
  }
}

function userOf(become: Become | undefined): string {
  return become?.user ?? "";
}
