/** What earlier runs left owed on a host, and what of it this run pays. */
import type { Become } from "../../transport/transport.ts";
import { debtId, type Handler, handlerIdentity } from "./handler-identity.ts";
import { type Debt, type Debtor, handlerFrom, handlerLabel, isBelieved } from "./pending-handler.ts";
import type { Tenant } from "./run-view.ts";

/** A handler that an earlier run owes, ready to run. */
export interface InheritedHandler {
  readonly handler: Handler;
  readonly debt: Debt;
  /** Whether a task of this run names it: otherwise nobody can know whether the playbook has it still. */
  readonly isNamed: boolean;
}

/** A task that notifies. */
type Notifier = Pick<Debtor, "play" | "by">;

export class Inheritance {
  readonly #tenant: Tenant;
  /** By id: playbooks and plays may owe the same. */
  readonly #debts = new Map<string, readonly Debt[]>();
  /** The ids of those that are believed by their word alone. */
  readonly #believed = new Set<string>();
  /** The ids of those that this run has taken on: to be run once, however often they are read. */
  readonly #taken = new Set<string>();
  /** The handlers that tasks of this run would notify, by id, which says nothing of secrets: several may share one. */
  readonly #named = new Map<string, readonly Handler[]>();
  /** The same by the tasks that would notify them, also those that would notify nobody. */
  readonly #namedBy = new Map<string, readonly Handler[]>();

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  /** @param keeper in whose folder they were found */
  found(debts: readonly Debt[], keeper: Become | undefined): void {
    for (const debt of debts) {
      if (this.#taken.has(debt.id)) continue;
      const believed = isBelieved(debt, keeper);
      const wasBelieved = this.#believed.has(debt.id);
      if (wasBelieved && !believed) continue;
      const known = believed && !wasBelieved ? [] : (this.#debts.get(debt.id) ?? []);
      const others = known.filter(({ playbook, play }) => playbook !== debt.playbook || play !== debt.play);
      this.#debts.set(debt.id, [...others, debt]);
      if (believed) this.#believed.add(debt.id);
    }
  }

  forget(isOutdated: (id: string) => boolean): void {
    for (const id of [...this.#debts.keys()].filter(isOutdated)) {
      this.#debts.delete(id);
      this.#believed.delete(id);
    }
  }

  /** Whether something is left under this id that this run has not taken on. */
  has(id: string): boolean {
    return this.#debts.has(id);
  }

  /** What this run has not taken on. */
  get left(): readonly Debt[] {
    return [...this.#debts.values()].flatMap((debts) => debts.at(-1) ?? []);
  }

  /** Notes whom a task would notify: that is how a debt finds its handler. */
  name(notifier: Notifier, handlers: readonly Handler[]): void {
    const key = notifierKey(notifier);
    this.#namedBy.set(key, [...(this.#namedBy.get(key) ?? []), ...handlers]);
    for (const handler of handlers) {
      const id = debtId(handler);
      const named = this.#named.get(id) ?? [];
      // whether two of them are one takes their secrets, which are not asked for before they are needed
      if (!named.some(({ task }) => task === handler.task)) this.#named.set(id, [...named, handler]);
    }
  }

  /**
   * What is due now. A handler that a task has named may run: what it needs is there as it is for that task. So may
   * what the task names now that once named the owed one: that is the same handler, corrected. Any other is run where
   * it would have been run, at the end of its play: what it restarts may come into being only there. One that is not
   * believed waits for a task that names it.
   *
   * @param play the play that has come to its end; undefined before that
   */
  due(play: string | undefined): readonly InheritedHandler[] {
    return [...this.#debts].flatMap(([id, debts]): readonly InheritedHandler[] => {
      const last = debts.at(-1);
      if (!last) return [];
      const named = distinct(this.#named.get(id) ?? []);
      if (named.length > 0) return named.map((handler) => ({ handler, debt: last, isNamed: true }));
      const corrected = distinct(debts.flatMap((debt) => this.#corrected(debt) ?? []));
      if (corrected.length > 0) return corrected.map((handler) => ({ handler, debt: last, isNamed: true }));
      const debt = debts.find((one) => this.#belongsTo(play, one) && !this.isGone(one));
      const handler = debt && this.#made(debt);
      return handler ? [{ handler, debt, isNamed: false }] : [];
    });
  }

  /** Whether the code does not have a handler any more: the task that once notified it has run, and notifies no such. */
  isGone(debt: Debt): boolean {
    return this.#corrected(debt)?.length === 0;
  }

  /**
   * What stands in a handler's place now: of what its task notifies, that which has its name; else that which is of its
   * module. Undefined where that task has not run: then nobody knows.
   */
  #corrected({ playbook, play, by, label, module }: Debt): readonly Handler[] | undefined {
    if (by === undefined || playbook !== this.#tenant.playbook) return undefined;
    const named = this.#namedBy.get(notifierKey({ play, by }));
    const sameName = named?.filter((handler) => handlerLabel(handler) === label) ?? [];
    return sameName.length > 0 ? sameName : named?.filter(({ task }) => task.module === module);
  }

  /** Takes on what is due: each debt once. */
  take(play: string | undefined): readonly InheritedHandler[] {
    const due = this.due(play);
    for (const { debt } of due) {
      this.#debts.delete(debt.id);
      this.#taken.add(debt.id);
    }
    return due;
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

function notifierKey({ play, by = "" }: Notifier): string {
  return JSON.stringify([play, by]);
}

function distinct(handlers: readonly Handler[]): readonly Handler[] {
  return [...new Map(handlers.map((handler) => [handlerIdentity(handler), handler])).values()];
}
