/** Handlers: tasks that were notified and run once, later. */
import { type Handler, handlerIdentity, pendingId } from "./handler-identity.ts";

/** How sure a plan is that something will happen, from the least to the most. */
export type Certainty = "unknown" | "likely" | "certain";

const order: readonly Certainty[] = ["unknown", "likely", "certain"];

export interface QueuedHandler {
  readonly handler: Handler;
  /** Its ids on the host: several if it has replaced a handler that was corrected. */
  readonly ids: readonly string[];
  /** The most certain of its notifications. */
  readonly certainty: Certainty;
  /** For a handler of an earlier run: whether a task of this run names it. Undefined for this run's own handlers. */
  readonly fromEarlierRun: "named" | "unnamed" | undefined;
}

/**
 * The pending handlers of one host, in the order of the first notification. Tasks that would do the same (module,
 * parameters, user and execution environment) are one.
 */
export class HandlerQueue {
  readonly #queued = new Map<string, QueuedHandler>();
  /** What could not be begun. */
  readonly #putOff = new Map<string, QueuedHandler>();
  /** The run of pending handlers that is under way. */
  #running: Promise<void> | undefined;

  /**
   * Runs the pending handlers for one caller at a time. Code that comes meanwhile relies on the handlers that it
   * notified, so it waits, and fails if one of them fails.
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
    this.#queued.set(
      key,
      joined(
        { handler, ids: [pendingId(handler)], certainty, fromEarlierRun: undefined },
        this.#queued.get(key),
      ),
    );
  }

  /** Puts what earlier runs left before everything else. */
  addEarlier(earlier: readonly QueuedHandler[]): void {
    const queued = [...this.#queued];
    this.#queued.clear();
    for (const one of earlier) {
      const key = handlerIdentity(one.handler);
      this.#queued.set(key, joined(one, this.#queued.get(key)));
      this.#putOff.delete(key);
    }
    for (const [key, own] of queued) this.#queued.set(key, joined(own, this.#queued.get(key)));
  }

  /** Takes the oldest handler off the list. A handler may notify others: repeat until the list is empty. */
  take(): QueuedHandler | undefined {
    const [first] = this.#queued;
    if (!first) return undefined;
    const [key, queued] = first;
    this.#queued.delete(key);
    return queued;
  }

  /** Notes that a handler could not be begun: it stays pending, and is not tried again unless it is notified again. */
  putOff(queued: QueuedHandler): void {
    this.#putOff.set(handlerIdentity(queued.handler), queued);
  }

  /** Whether a handler is pending that a host would keep under this id. */
  has(id: string): boolean {
    return this.#all.some(({ ids }) => ids.includes(id));
  }

  /** The pending handlers, as messages call them. */
  get labels(): readonly string[] {
    return this.#all.map(({ handler }) => handler.task.labelFor(handler.hidden ?? false));
  }

  get #all(): readonly QueuedHandler[] {
    return [...this.#putOff.values(), ...this.#queued.values()];
  }

  /** How many wait to be run. */
  get size(): number {
    return this.#queued.size;
  }
}

/** One handler that was queued before: it runs once for both. */
function joined(queued: QueuedHandler, before: QueuedHandler | undefined): QueuedHandler {
  if (before === undefined) return queued;
  const [certainty = queued.certainty] = [queued.certainty, before.certainty].toSorted(
    (a, b) => order.indexOf(b) - order.indexOf(a),
  );
  return { ...before, ids: [...new Set([...before.ids, ...queued.ids])], certainty };
}

async function after(before: Promise<void> | undefined, run: () => Promise<void>): Promise<void> {
  try {
    await before;
  } finally {
    await run();
  }
}
