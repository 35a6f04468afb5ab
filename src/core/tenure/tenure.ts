/** A run's tenure of one host: the lease, and the debts of earlier runs that come with it. */
import type { Become } from "../../transport/transport.ts";
import type { FactStore } from "../facts/facts.ts";
import { type Debt, handlerFrom, isBelieved } from "./debt.ts";
import type { Debts } from "./debts.ts";
import { debtId, type Handler, handlerIdentity } from "./handler-identity.ts";
import type { OwedHandler } from "./handlers.ts";
import { hostState, isBusy } from "./host-state.ts";
import type { Lease } from "./lease.ts";

/** A handler that an earlier run owes, ready to run. */
export interface InheritedHandler {
  readonly handler: Handler;
  readonly debt: Debt;
}

/** Whose tenure it is. */
export interface Tenant {
  readonly playbook: string;
  /** Whether the playbook has a play of this name, wanted in this run or not. */
  hasPlay(name: string): boolean;
  /** Whether the run only plans. */
  readonly check: boolean;
  /** Whether this run owes the host a handler with this id, and has not run it yet. */
  owes(id: string): boolean;
  becomeAs(user: string): Become;
  /** Says something to the user. */
  tell(text: string): void;
}

/** The facts that a task was planned from may be another run's past: plan it again. */
export class PlanOutdated extends Error {}

export class Tenure {
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
  /** By id: playbooks and plays may owe the same. */
  readonly #inherited = new Map<string, readonly Debt[]>();
  /** The ids of those that are believed by their word alone. */
  readonly #believed = new Set<string>();
  /** The debts that this run has taken on: to be run once, however often they are read. */
  readonly #taken = new Set<string>();
  /** The handlers that tasks of this run would notify, by id, which says nothing of secrets: several may share one. */
  readonly #named = new Map<string, readonly Handler[]>();
  /** The handlers that have failed, by id and identity: what is written down under that id stays. */
  readonly #failed = new Map<string, Set<string>>();
  /** What was paid while changes are being made that may come to owe it again. */
  readonly #paid = new Set<string>();
  /** How many changes are being made that may come to owe an id. */
  readonly #claims = new Map<string, number>();

  constructor(facts: FactStore, lease: Lease, debts: Debts, tenant: Tenant) {
    this.#facts = facts;
    this.#lease = lease;
    this.#debts = debts;
    this.#tenant = tenant;
  }

  /** Looks, unless that has been done. */
  async lookFirst(become: Become | undefined): Promise<void> {
    if (!this.#seen.has(userOf(become))) await this.look(become);
  }

  /** Learns who was here last and what is owed, along with the first facts that are read as this user. */
  async look(become: Become | undefined): Promise<void> {
    const { value } = await this.#facts.read(become, hostState, this.#lease.run);
    this.#seen.set(userOf(become), value.last);
    const debts = isBusy(value) ? [] : value.debts;
    this.#debts.found(become, debts);
    for (const debt of debts) {
      if (this.#taken.has(debt.id)) continue;
      const believed = isBelieved(debt, become);
      const wasBelieved = this.#believed.has(debt.id);
      if (wasBelieved && !believed) continue;
      const known = believed && !wasBelieved ? [] : (this.#inherited.get(debt.id) ?? []);
      const others = known.filter(({ playbook, play }) => playbook !== debt.playbook || play !== debt.play);
      this.#inherited.set(debt.id, [...others, debt]);
      if (believed) this.#believed.add(debt.id);
    }
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

  /** Notes whom a task would notify: that is how a debt finds its handler. */
  name(handlers: readonly Handler[]): void {
    for (const handler of handlers) {
      const id = debtId(handler);
      const named = this.#named.get(id) ?? [];
      // whether two of them are one takes their secrets, which are not asked for before they are needed
      if (!named.some(({ task }) => task === handler.task)) this.#named.set(id, [...named, handler]);
    }
  }

  /** Writes down what a change may come to owe. What it has come to is settled after it, in any case. */
  async owe(become: Become | undefined, handlers: readonly Handler[], play: string): Promise<void> {
    for (const id of handlers.map(debtId)) this.#claims.set(id, (this.#claims.get(id) ?? 0) + 1);
    await this.#debts.write(become, handlers, { playbook: this.#tenant.playbook, play });
  }

  /** Strikes out what was written down for a change and is not owed after all. Never rejects. */
  async settle(handlers: readonly Handler[]): Promise<void> {
    const ids = handlers.map(debtId);
    for (const id of ids) this.#claims.set(id, (this.#claims.get(id) ?? 1) - 1);
    const owed = ids.filter((id) => this.#tenant.owes(id));
    this.#debts.confirm(owed);
    for (const id of owed) this.#paid.delete(id);
    const free = ids.filter((id) => this.#isFree(id));
    const paid = free.filter((id) => this.#paid.has(id));
    for (const id of paid) this.#paid.delete(id);
    await Promise.all([
      this.#tellOf(() => this.#debts.strike(paid)),
      this.#tellOf(() => this.#debts.takeBack(free)),
    ]);
  }

  /** Strikes out what was paid, unless another handler of the same id has failed. Never rejects. */
  async paid({ id, handler }: Pick<OwedHandler, "id" | "handler">): Promise<void> {
    if (this.#tenant.check) return;
    const failed = this.#failed.get(id);
    failed?.delete(handlerIdentity(handler));
    if (failed && failed.size > 0) return;
    if (this.#isFree(id)) await this.#tellOf(() => this.#debts.strike([id]));
    else this.#paid.add(id);
  }

  /** Notes that a handler has failed, or was cut off. */
  unpaidBy({ id, handler }: Pick<OwedHandler, "id" | "handler">): void {
    const failed = this.#failed.get(id) ?? new Set<string>();
    this.#failed.set(id, failed.add(handlerIdentity(handler)));
    this.#paid.delete(id);
  }

  /**
   * Whether earlier runs left anything that is due now.
   *
   * @param play the play that has come to its end; undefined before that
   */
  hasDue(play: string | undefined): boolean {
    return this.#due(play).length > 0;
  }

  /** Takes on what is due: each debt once. */
  inherit(play: string | undefined): readonly InheritedHandler[] {
    return this.#due(play).map((inherited) => {
      this.#inherited.delete(inherited.debt.id);
      this.#taken.add(inherited.debt.id);
      return inherited;
    });
  }

  /** Whether an inherited handler is still owed, now that nobody else can pay it. */
  async isStillOwed(id: string): Promise<boolean> {
    if (this.#tenant.check) return true;
    for (const as of this.#debts.writtenAs(id)) await this.#entered(as);
    return this.#debts.writtenAs(id).length > 0;
  }

  /** What earlier runs left and this one has not taken on. */
  get left(): readonly Debt[] {
    return [...this.#inherited.values()].flatMap((debts) => debts.at(-1) ?? []);
  }

  /** The labels of what this run was to pay and has not: the handler failed, or was cut off. */
  get unpaid(): readonly string[] {
    const begun = this.#debts.written.filter(({ id }) => !this.#inherited.has(id) && !this.#tenant.owes(id));
    return [...new Map(begun.map(({ id, label }) => [id, label])).values()];
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
    this.#forgetDebts(become);
    await this.look(become);
    this.#unseen.delete(user);
  }

  /** Forgets what was found in this user's folder, and in no other. */
  #forgetDebts(become: Become | undefined): void {
    const isElsewhere = (as: Become | undefined) => userOf(as) !== userOf(become);
    for (const id of this.#inherited.keys()) {
      if (this.#debts.writtenAs(id).some(isElsewhere)) continue;
      this.#inherited.delete(id);
      this.#believed.delete(id);
    }
  }

  #isFree(id: string): boolean {
    return (this.#claims.get(id) ?? 0) <= 0 && !this.#tenant.owes(id);
  }

  async #tellOf(strike: () => Promise<readonly string[] | undefined>): Promise<void> {
    const complaint = await strike().catch(() => undefined); // a lost host is told of as such
    if (complaint)
      this.#tenant.tell(
        `handlers that are not owed any more could not be struck out: ${complaint.join(" ")}`,
      );
  }

  /**
   * A handler that a task has named may run: what it needs is there as it is for that task. Any other is run where it
   * would have been run, at the end of its play: what it restarts may come into being only there. One that is not
   * believed waits for a task that names it.
   */
  #due(play: string | undefined): readonly InheritedHandler[] {
    return [...this.#inherited].flatMap(([id, debts]) => {
      const last = debts.at(-1);
      const named = new Map(this.#named.get(id)?.map((handler) => [handlerIdentity(handler), handler]));
      if (last && named.size > 0) return [...named.values()].map((handler) => ({ handler, debt: last }));
      const debt = debts.find((one) => this.#belongsTo(play, one));
      const handler = debt && this.#made(debt);
      return handler ? [{ handler, debt }] : [];
    });
  }

  #made(debt: Debt): Handler | undefined {
    const task = handlerFrom(debt);
    const become = debt.become === undefined ? undefined : this.#tenant.becomeAs(debt.become);
    return task && { task, become };
  }

  #belongsTo(play: string | undefined, debt: Debt): boolean {
    if (play === undefined || debt.playbook !== this.#tenant.playbook) return false;
    if (!this.#believed.has(debt.id)) return false;
    return debt.play === play || !this.#tenant.hasPlay(debt.play);
  }
}

function userOf(become: Become | undefined): string {
  return become?.user ?? "";
}
