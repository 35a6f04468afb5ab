/**
 * The handlers that changes of this run may notify. They are written down on the host before the change is made; the
 * record is removed when the handler has run, or when the change did not notify it after all.
 */
import { messageOf } from "../../base/errors.ts";
import type { Become } from "../../transport/transport.ts";
import { type Handler, handlerIdentity, pendingId } from "./handler-identity.ts";
import type { QueuedHandler } from "./handler-queue.ts";
import { handlerLabel, type Notification } from "./pending-handler.ts";
import type { PendingRecord, PendingRecords } from "./pending-records.ts";
import type { RunView } from "./run-view.ts";

/** A handler, and what the host calls it. */
type WithIds = Pick<QueuedHandler, "ids" | "handler">;

export class OwnHandlers {
  readonly #records: PendingRecords;
  readonly #run: RunView;
  /** For each id, the number of changes in progress that may notify the handler. */
  readonly #underWay = new Map<string, number>();
  /** Records of handlers that have run, while changes in progress may notify these handlers again. */
  readonly #ran = new Map<string, readonly PendingRecord[]>();
  /** The handlers that have failed, by id and identity, with their labels: the records of that id stay. */
  readonly #failed = new Map<string, Map<string, string>>();

  constructor(records: PendingRecords, run: RunView) {
    this.#records = records;
    this.#run = run;
  }

  /** Writes down the handlers that a change may notify, before it is made. After the change, always call `resolve`. */
  async writeAhead(
    become: Become | undefined,
    handlers: readonly Handler[],
    { play, by }: Pick<Notification, "play" | "by">,
  ): Promise<void> {
    for (const id of handlers.map(pendingId)) this.#underWay.set(id, (this.#underWay.get(id) ?? 0) + 1);
    const { playbook, id: run } = this.#run;
    await this.#records.write(become, handlers, { playbook, play, by, run });
  }

  /** After a change: removes the records of the handlers that it did not notify. Never rejects. */
  async resolve(handlers: readonly Handler[]): Promise<void> {
    const ids = handlers.map(pendingId);
    for (const id of ids) this.#underWay.set(id, (this.#underWay.get(id) ?? 1) - 1);
    const pending = ids.filter((id) => this.#run.isPending(id));
    this.#records.confirm(pending);
    for (const id of pending) this.#ran.delete(id);
    const free = ids.filter((id) => this.#isFree(id));
    const ran = free.filter((id) => this.#ran.has(id));
    const records = ran.flatMap((id) => this.#ran.get(id) ?? []);
    for (const id of ran) this.#ran.delete(id);
    await Promise.all([
      this.#tellOf(() => this.#records.remove(records)),
      this.#tellOf(() => this.#records.takeBack(free)),
    ]);
  }

  /** The records of a handler that is about to run. Records that another run writes meanwhile are not among them. */
  records({ ids }: WithIds): readonly PendingRecord[] {
    return ids.flatMap((id) => this.#records.of(id));
  }

  /**
   * Removes the records of a handler that has run, unless another handler of the same id has failed. Never rejects.
   *
   * @param records what was written down when the handler began
   */
  async ran({ ids, handler }: WithIds, records: readonly PendingRecord[]): Promise<void> {
    if (this.#run.check) return;
    for (const id of ids)
      await this.#ranUnder(
        id,
        handler,
        records.filter((record) => record.id === id),
      );
  }

  /** Notes that a handler has failed, or was cut off. */
  failed({ ids, handler }: WithIds): void {
    for (const id of ids) {
      const failed = this.#failed.get(id) ?? new Map<string, string>();
      this.#failed.set(id, failed.set(handlerIdentity(handler), handlerLabel(handler)));
      this.#ran.delete(id);
    }
  }

  /** The labels of handlers that have failed under an id: a handler that was corrected may have another name now. */
  failedUnder(id: string): readonly string[] {
    return [...(this.#failed.get(id)?.values() ?? [])];
  }

  async #ranUnder(id: string, handler: Handler, records: readonly PendingRecord[]): Promise<void> {
    const failed = this.#failed.get(id);
    failed?.delete(handlerIdentity(handler));
    if (failed && failed.size > 0) return;
    if (!this.#isFree(id)) this.#ran.set(id, records);
    else
      await this.#tellOf(() =>
        this.#records.remove(records).catch((error) => this.#tellStays(handler, error)),
      );
  }

  /** Reported here, since nothing else may ask the host before the run ends. */
  #tellStays(handler: Handler, error: unknown): undefined {
    this.#run.tell(
      `${handlerLabel(handler)} has run, but the host was lost before that could be written down there (${messageOf(error)}): the next run runs it once more`,
    );
  }

  #isFree(id: string): boolean {
    return (this.#underWay.get(id) ?? 0) <= 0 && !this.#run.isPending(id);
  }

  async #tellOf(remove: () => Promise<readonly string[] | undefined>): Promise<void> {
    const complaint = await remove().catch(() => undefined); // a lost host is told of as such
    if (complaint)
      this.#run.tell(
        `the records of handlers that are no longer pending could not be removed: ${complaint.join(" ")}`,
      );
  }
}
