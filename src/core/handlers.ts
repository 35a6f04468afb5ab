/** Handlers: tasks that were notified and run once, later. */
import { createHash } from "node:crypto";
import { Secret } from "../secrets/secret.ts";
import type { Become } from "../transport/transport.ts";
import type { Task } from "./task.ts";

/** How sure a plan is that something will happen, from the least to the most. */
export type Certainty = "unknown" | "likely" | "certain";

const order: readonly Certainty[] = ["unknown", "likely", "certain"];

export interface OwedHandler {
  readonly task: Task<unknown>;
  /** The most certain of its notifications. */
  certainty: Certainty;
  /** As whom it runs, where that is settled already: an earlier run owes it. */
  readonly as?: { readonly become: Become | undefined };
}

/**
 * What one host owes, in the order of the first notification. Tasks that would do the same (module, parameters,
 * user and surroundings) are one.
 */
export class HandlerQueue {
  readonly #owed = new Map<string, OwedHandler>();

  notify(task: Task<unknown>, certainty: Certainty): void {
    const key = identity(task);
    const owed = this.#owed.get(key);
    if (!owed) this.#owed.set(key, { task, certainty });
    else if (order.indexOf(certainty) > order.indexOf(owed.certainty)) owed.certainty = certainty;
  }

  /** Puts what earlier runs owe before everything else. */
  inherit(debts: readonly OwedHandler[]): void {
    const owed = [...this.#owed];
    this.#owed.clear();
    for (const debt of debts) this.#owed.set(identity(debt.task), debt);
    for (const [key, own] of owed) if (!this.#owed.has(key)) this.#owed.set(key, own);
  }

  /** Takes the oldest off the list. A handler may notify others: take until there is none. */
  take(): OwedHandler | undefined {
    const [first] = this.#owed;
    if (!first) return undefined;
    const [key, owed] = first;
    this.#owed.delete(key);
    return owed;
  }

  has(task: Task<unknown>): boolean {
    return this.#owed.has(identity(task));
  }

  /** What is owed, as messages call it. */
  get labels(): readonly string[] {
    return [...this.#owed.values()].map(({ task }) => task.label);
  }

  get size(): number {
    return this.#owed.size;
  }
}

/** A secret shows itself as a mask: two that differ must not make two tasks the same. */
function identity({ module, params, options }: Task<unknown>): string {
  const { become, environment, cwd, umask } = options;
  return JSON.stringify(
    { module, params, become, environment, cwd, umask },
    function (this: unknown, key, shown: unknown) {
      const given = this !== null && typeof this === "object" ? Reflect.get(this, key) : undefined;
      return given instanceof Secret ? createHash("sha256").update(given.reveal()).digest("hex") : shown;
    },
  );
}
