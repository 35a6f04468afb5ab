/** Handlers: tasks that were notified and run once, later. */
import type { Task } from "./task.ts";

export interface OwedHandler {
  readonly task: Task<unknown>;
  /** Whether only likely changes notified it so far. */
  tentative: boolean;
}

/** What one host owes, in the order of the first notification. Equal tasks (module and parameters) are one. */
export class HandlerQueue {
  readonly #owed = new Map<string, OwedHandler>();

  notify(task: Task<unknown>, tentative: boolean): void {
    const key = JSON.stringify(task);
    const owed = this.#owed.get(key);
    if (!owed) this.#owed.set(key, { task, tentative });
    else owed.tentative &&= tentative;
  }

  /** Takes the oldest off the list. A handler may notify others: take until there is none. */
  take(): OwedHandler | undefined {
    const [first] = this.#owed;
    if (!first) return undefined;
    const [key, owed] = first;
    this.#owed.delete(key);
    return owed;
  }

  get size(): number {
    return this.#owed.size;
  }
}
