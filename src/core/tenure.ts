/** A run's tenure of one host: the lease, and the debts of earlier runs that come with it. */
import type { Become } from "../transport/transport.ts";
import { type Debt, debtId, handlerFrom } from "./debt.ts";
import type { Debts } from "./debts.ts";
import type { FactStore } from "./facts.ts";
import { hostState } from "./host-state.ts";
import type { Lease } from "./lease.ts";
import type { Task } from "./task.ts";

/** A handler that an earlier run owes, ready to run. */
export interface InheritedHandler {
  readonly task: Task<unknown>;
  readonly debt: Debt;
}

/** Whose tenure it is. */
export interface Tenant {
  readonly playbook: string;
  /** Whether the playbook has a play of this name, wanted in this run or not. */
  hasPlay(name: string): boolean;
  /** Whether the run only plans. */
  readonly check: boolean;
}

export class Tenure {
  readonly #facts: FactStore;
  readonly #lease: Lease;
  readonly #debts: Debts;
  readonly #tenant: Tenant;
  /** Each user's `last` (see HostState), as it was when that user first read facts. */
  readonly #seen = new Map<string, string>();
  readonly #entering = new Map<string, Promise<boolean>>();
  readonly #inherited = new Map<string, Debt>();
  /** The debts that this run has taken on: to be run once, however often they are read. */
  readonly #taken = new Set<string>();
  /** The handlers that tasks of this run would notify. */
  readonly #named = new Map<string, Task<unknown>>();

  constructor(facts: FactStore, lease: Lease, debts: Debts, tenant: Tenant) {
    this.#facts = facts;
    this.#lease = lease;
    this.#debts = debts;
    this.#tenant = tenant;
  }

  /** Learns who was here last and what is owed, along with the first facts that are read as this user. */
  async look(become: Become | undefined): Promise<void> {
    const { value } = await this.#facts.read(become, hostState, this.#lease.run);
    this.#seen.set(become?.user ?? "", value.last);
    this.#debts.found(become, value.debts);
    for (const debt of value.debts) if (!this.#taken.has(debt.id)) this.#inherited.set(debt.id, debt);
  }

  /**
   * Sees to it that nobody else changes the host from now on.
   *
   * @returns whether somebody may have changed it since facts were read: they are forgotten then
   */
  enter(become: Become | undefined): Promise<boolean> {
    const user = become?.user ?? "";
    const entering = this.#entering.get(user) ?? this.#enter(become);
    // tasks that come at the same time have planned on the same facts
    this.#entering.set(user, entering);
    const forget = () => void this.#entering.delete(user);
    entering.then(forget, forget);
    return entering;
  }

  async #enter(become: Become | undefined): Promise<boolean> {
    const last = await this.#lease.hold(become);
    if (last === undefined) return false;
    const seen = this.#seen.get(become?.user ?? "");
    const isSame = seen === last && !last.endsWith(" held");
    if (isSame || last.startsWith(this.#lease.run)) return false;
    this.#facts.invalidate([], ["everything"]);
    this.#inherited.clear();
    await this.look(become);
    return seen !== undefined;
  }

  /** Notes whom a task would notify: that is how a debt finds its handler. */
  name(handlers: readonly Task<unknown>[]): void {
    for (const handler of handlers) this.#named.set(debtId(handler), handler);
  }

  /** Writes down what a change is about to owe. @returns those that were not written down before */
  owe(
    become: Become | undefined,
    handlers: readonly Task<unknown>[],
    debtor: Pick<Debt, "play"> & { runsAs(handler: Task<unknown>): Become | undefined },
  ): Promise<readonly Task<unknown>[]> {
    return this.#debts.write(become, handlers, { ...debtor, playbook: this.#tenant.playbook });
  }

  /** Strikes out what is owed no more. */
  async strike(handlers: readonly Task<unknown>[]): Promise<void> {
    if (!this.#tenant.check) await this.#debts.strike(handlers);
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

  /** What earlier runs left and this one has not taken on. */
  get left(): readonly Debt[] {
    return [...this.#inherited.values()];
  }

  release(): Promise<void> {
    return this.#lease.release();
  }

  /**
   * A handler that a task has named may run: what it needs is there as it is for that task. Any other is run where it
   * would have been run, at the end of its play: what it restarts may come into being only there.
   */
  #due(play: string | undefined): readonly InheritedHandler[] {
    return [...this.#inherited.values()].flatMap((debt) => {
      const task = this.#named.get(debt.id) ?? (this.#belongsTo(play, debt) ? handlerFrom(debt) : undefined);
      return task ? [{ task, debt }] : [];
    });
  }

  #belongsTo(play: string | undefined, debt: Debt): boolean {
    if (play === undefined || debt.playbook !== this.#tenant.playbook) return false;
    return debt.play === play || !this.#tenant.hasPlay(debt.play);
  }
}
