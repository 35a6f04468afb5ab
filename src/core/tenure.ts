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

export class Tenure {
  readonly #facts: FactStore;
  readonly #lease: Lease;
  readonly #debts: Debts;
  readonly #check: boolean;
  /** Each user's `last` (see HostState), as it was when that user first read facts. */
  readonly #seen = new Map<string, string>();
  readonly #inherited = new Map<string, Debt>();
  /** The handlers that tasks of this run would notify. */
  readonly #named = new Map<string, Task<unknown>>();

  constructor(parts: { facts: FactStore; lease: Lease; debts: Debts; check: boolean }) {
    this.#facts = parts.facts;
    this.#lease = parts.lease;
    this.#debts = parts.debts;
    this.#check = parts.check;
  }

  /** Learns who was here last and what is owed, along with the first facts that are read as this user. */
  async look(become: Become | undefined): Promise<void> {
    const { value } = await this.#facts.read(become, hostState, this.#lease.run);
    this.#seen.set(become?.user ?? "", value.last);
    this.#debts.found(become, value.debts);
    for (const debt of value.debts) this.#inherited.set(debt.id, debt);
  }

  /**
   * Sees to it that nobody else changes the host from now on.
   *
   * @returns whether somebody may have changed it since facts were read: they are forgotten then
   */
  async enter(become: Become | undefined): Promise<boolean> {
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
    runsAs: (handler: Task<unknown>) => Become | undefined,
  ): Promise<readonly Task<unknown>[]> {
    return this.#debts.write(become, handlers, runsAs);
  }

  /** Strikes out what is owed no more. */
  async strike(handlers: readonly Task<unknown>[]): Promise<void> {
    if (!this.#check) await this.#debts.strike(handlers);
  }

  /** What earlier runs left to this one: each is given out once. */
  inherit(): { readonly handlers: readonly InheritedHandler[]; readonly unknown: readonly Debt[] } {
    const handlers: InheritedHandler[] = [];
    const unknown: Debt[] = [];
    for (const debt of this.#inherited.values()) {
      const task = this.#named.get(debt.id) ?? handlerFrom(debt);
      if (task) handlers.push({ task, debt });
      else unknown.push(debt);
    }
    this.#inherited.clear();
    return { handlers, unknown };
  }

  get hasInherited(): boolean {
    return this.#inherited.size > 0;
  }

  release(): Promise<void> {
    return this.#lease.release();
  }
}
