/** The handlers that earlier runs left pending on a host, and which of them this run runs. */
import type { Become } from "../../transport/transport.ts";
import { type Handler, handlerIdentity, pendingId } from "./handler-identity.ts";
import {
  handlerFrom,
  handlerLabel,
  isBelieved,
  type Notification,
  type PendingHandler,
} from "./pending-handler.ts";
import type { RunView } from "./run-view.ts";

/** A handler that an earlier run left pending, ready to run. */
interface EarlierHandler {
  readonly handler: Handler;
  readonly pending: PendingHandler;
  /** Whether a task of this run names it: only then it is known that the playbook still has it. */
  readonly isNamed: boolean;
}

/** A task that notifies. */
type Notifier = Pick<Notification, "play" | "by">;

const nobody: readonly Handler[] = [];

export class EarlierHandlers {
  readonly #run: RunView;
  /** By id: several playbooks and plays may have left the same handler. */
  readonly #pending = new Map<string, readonly PendingHandler[]>();
  /** The ids of handlers that are run from their record alone. */
  readonly #believed = new Set<string>();
  /** The ids of handlers that this run has taken on: each runs once, however often its record is read. */
  readonly #taken = new Set<string>();
  /**
   * The handlers that tasks of this run would notify, by id. An id tells nothing of secrets, so several may share one.
   */
  readonly #named = new Map<string, readonly Handler[]>();
  /** The same, by the tasks that would notify them; tasks that notify nothing are included. */
  readonly #namedBy = new Map<string, readonly Handler[]>();

  constructor(run: RunView) {
    this.#run = run;
  }

  /** @param keeper in whose folder they were found */
  found(pendingHandlers: readonly PendingHandler[], keeper: Become | undefined): void {
    for (const pending of pendingHandlers) {
      if (this.#taken.has(pending.id)) continue;
      const believed = isBelieved(pending, keeper);
      const wasBelieved = this.#believed.has(pending.id);
      if (wasBelieved && !believed) continue;
      const known = believed && !wasBelieved ? [] : (this.#pending.get(pending.id) ?? []);
      const others = known.filter(
        ({ playbook, play }) => playbook !== pending.playbook || play !== pending.play,
      );
      this.#pending.set(pending.id, [...others, pending]);
      if (believed) this.#believed.add(pending.id);
    }
  }

  forget(isOutdated: (id: string) => boolean): void {
    for (const id of [...this.#pending.keys()].filter(isOutdated)) {
      this.#pending.delete(id);
      this.#believed.delete(id);
    }
  }

  /** Whether something is left under this id that this run has not taken on. */
  has(id: string): boolean {
    return this.#pending.has(id);
  }

  /** What this run has not taken on. */
  get left(): readonly PendingHandler[] {
    return [...this.#pending.values()].flatMap((pendingHandlers) => pendingHandlers.at(-1) ?? []);
  }

  /** Notes whom a task would notify: that is how a pending handler finds its task in the code. */
  name(notifier: Notifier, handlers: readonly Handler[]): void {
    const key = this.#run.same(notifierKey(notifier));
    const known = this.#namedBy.get(key);
    // most tasks notify nothing: an own list for each would take much memory with many hosts
    if (handlers.length > 0) this.#namedBy.set(key, [...(known ?? []), ...handlers]);
    else if (!known) this.#namedBy.set(key, nobody);
    for (const handler of handlers) {
      const id = pendingId(handler);
      const named = this.#named.get(id) ?? [];
      // comparing two of them needs their secrets, which are not asked for before they are needed
      if (!named.some(({ task }) => task === handler.task)) this.#named.set(id, [...named, handler]);
    }
  }

  /**
   * The handlers that are due now. A handler that a task of this run has named may run: what the handler needs exists.
   * A handler whose code was corrected since may run, too: the task that notified the old one notifies the corrected
   * one now. Any other handler runs at the end of its play, as in its own run: only that play may create what it
   * restarts. A record that is not trusted waits for a task that names the handler.
   *
   * @param play the play that has come to its end; undefined before that
   */
  due(play: string | undefined): readonly EarlierHandler[] {
    return [...this.#pending].flatMap(([id, pendingHandlers]): readonly EarlierHandler[] => {
      const last = pendingHandlers.at(-1);
      if (!last) return [];
      const named = distinct(this.#named.get(id) ?? []);
      if (named.length > 0) return named.map((handler) => ({ handler, pending: last, isNamed: true }));
      const corrected = distinct(pendingHandlers.flatMap((pending) => this.#corrected(pending) ?? []));
      if (corrected.length > 0)
        return corrected.map((handler) => ({ handler, pending: last, isNamed: true }));
      const pending = pendingHandlers.find((one) => this.#belongsTo(play, one) && !this.isGone(one));
      const handler = pending && this.#made(pending);
      return handler ? [{ handler, pending, isNamed: false }] : [];
    });
  }

  /**
   * Whether the code no longer has a handler: the task that once notified it has run, and no longer notifies such a
   * handler.
   */
  isGone(pending: PendingHandler): boolean {
    return this.#corrected(pending)?.length === 0;
  }

  /**
   * The handler that has replaced a pending one: of the handlers that its task notifies, the one with the same name, or
   * else the one of the same module. Undefined if that task has not run, since then the replacement is not known.
   */
  #corrected({ playbook, play, by, label, module }: PendingHandler): readonly Handler[] | undefined {
    if (by === undefined || playbook !== this.#run.playbook) return undefined;
    const named = this.#namedBy.get(notifierKey({ play, by }));
    const sameName = named?.filter((handler) => handlerLabel(handler) === label) ?? [];
    return sameName.length > 0 ? sameName : named?.filter(({ task }) => task.module === module);
  }

  /** Takes on what is due: each pending handler once. */
  take(play: string | undefined): readonly EarlierHandler[] {
    const due = this.due(play);
    for (const { pending } of due) {
      this.#pending.delete(pending.id);
      this.#taken.add(pending.id);
    }
    return due;
  }

  #made(pending: PendingHandler): Handler | undefined {
    const task = handlerFrom(pending);
    const become = pending.become === undefined ? undefined : this.#run.becomeAs(pending.become);
    return task && { task, become };
  }

  #belongsTo(play: string | undefined, pending: PendingHandler): boolean {
    if (play === undefined || pending.playbook !== this.#run.playbook) return false;
    if (!this.#believed.has(pending.id)) return false;
    return pending.play === play || !this.#run.hasPlay(pending.play);
  }
}

function notifierKey({ play, by = "" }: Notifier): string {
  return JSON.stringify([play, by]);
}

function distinct(handlers: readonly Handler[]): readonly Handler[] {
  return [...new Map(handlers.map((handler) => [handlerIdentity(handler), handler])).values()];
}
