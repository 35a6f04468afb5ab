/** Handlers: tasks that were notified and run once, later. */
import { debtId, type Handler, handlerIdentity } from "./handler-identity.ts";

/** How sure a plan is that something will happen, from the least to the most. */
export type Certainty = "unknown" | "likely" | "certain";

const order: readonly Certainty[] = ["unknown", "likely", "certain"];

export interface OwedHandler {
  readonly handler: Handler;
  /** As it is called on the host: by several names where it takes the place of one that was corrected. */
  readonly ids: readonly string[];
  /** The most certain of its notifications. */
  readonly certainty: Certainty;
  /** Whether an earlier run owes it, and a task of this run names it, or none does: undefined for this run's own. */
  readonly inherited: "named" | "unnamed" | undefined;
}

/**
 * What one host owes, in the order of the first notification. Tasks that would do the same (module, parameters,
 * user and surroundings) are one.
 */
export class HandlerQueue {
  readonly #owed = new Map<string, OwedHandler>();
  /** What could not be begun. */
  readonly #putOff = new Map<string, OwedHandler>();
  /** The run of what is owed that is under way. */
  #running: Promise<void> | undefined;

  /**
   * Lets one at a time run what is owed: who comes meanwhile relies on what it notified, too, and so waits, and fails
   * where that fails.
   */
  inTurn(run: () => Promise<void>): Promise<void> {
    const mine = after(this.#running, run);
    this.#running = mine;
    const end = () => {
      if (this.#running === mine) this.#running = undefined;
    };
    void mine.then(end, end);
    return mine;
  }

  notify(handler: Handler, certainty: Certainty): void {
    const key = handlerIdentity(handler);
    this.#putOff.delete(key);
    this.#owed.set(
      key,
      joined({ handler, ids: [debtId(handler)], certainty, inherited: undefined }, this.#owed.get(key)),
    );
  }

  /** Puts what earlier runs owe before everything else. */
  inherit(debts: readonly OwedHandler[]): void {
    const owed = [...this.#owed];
    this.#owed.clear();
    for (const debt of debts) {
      const key = handlerIdentity(debt.handler);
      this.#owed.set(key, joined(debt, this.#owed.get(key)));
      this.#putOff.delete(key);
    }
    for (const [key, own] of owed) this.#owed.set(key, joined(own, this.#owed.get(key)));
  }

  /** Takes the oldest off the list. A handler may notify others: take until there is none. */
  take(): OwedHandler | undefined {
    const [first] = this.#owed;
    if (!first) return undefined;
    const [key, owed] = first;
    this.#owed.delete(key);
    return owed;
  }

  /** Notes that one could not be begun: it stays owed, and is begun no more unless it is notified again. */
  putOff(owed: OwedHandler): void {
    this.#putOff.set(handlerIdentity(owed.handler), owed);
  }

  /** Whether a handler is owed that a host would keep under this id. */
  owes(id: string): boolean {
    return this.#all.some(({ ids }) => ids.includes(id));
  }

  /** What is owed, as messages call it. */
  get labels(): readonly string[] {
    return this.#all.map(({ handler }) => handler.task.labelFor(handler.hidden ?? false));
  }

  get #all(): readonly OwedHandler[] {
    return [...this.#putOff.values(), ...this.#owed.values()];
  }

  /** How many wait to be run. */
  get size(): number {
    return this.#owed.size;
  }
}

/** One handler, that was owed before: it runs once for both. */
function joined(owed: OwedHandler, before: OwedHandler | undefined): OwedHandler {
  if (before === undefined) return owed;
  const [certainty = owed.certainty] = [owed.certainty, before.certainty].toSorted(
    (a, b) => order.indexOf(b) - order.indexOf(a),
  );
  return { ...before, ids: [...new Set([...before.ids, ...owed.ids])], certainty };
}

async function after(before: Promise<void> | undefined, run: () => Promise<void>): Promise<void> {
  try {
    await before;
  } finally {
    await run();
  }
}
