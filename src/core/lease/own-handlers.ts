/** What changes of this run may come to owe: written down before, and struck out when it is paid or not owed after all. */

import { messageOf } from "../../base/errors.ts";
import type { Become } from "../../transport/transport.ts";
import { debtId, type Handler, handlerIdentity } from "./handler-identity.ts";
import type { OwedHandler } from "./handler-queue.ts";
import { type Debtor, handlerLabel } from "./pending-handler.ts";
import type { DebtRecord, Debts } from "./pending-records.ts";
import type { Tenant } from "./run-view.ts";

/** A handler, and what the host calls it. */
type Payable = Pick<OwedHandler, "ids" | "handler">;

export class Settlement {
  readonly #debts: Debts;
  readonly #tenant: Tenant;
  /** How many changes are being made that may come to owe an id. */
  readonly #claims = new Map<string, number>();
  /** What was paid while changes are being made that may come to owe it again. */
  readonly #paid = new Map<string, readonly DebtRecord[]>();
  /** The handlers that have failed, by id and identity, with their labels: what is written down under that id stays. */
  readonly #failed = new Map<string, Map<string, string>>();

  constructor(debts: Debts, tenant: Tenant) {
    this.#debts = debts;
    this.#tenant = tenant;
  }

  /** Writes down what a change may come to owe. What it has come to is settled after it, in any case. */
  async owe(
    become: Become | undefined,
    handlers: readonly Handler[],
    { play, by }: Pick<Debtor, "play" | "by">,
  ): Promise<void> {
    for (const id of handlers.map(debtId)) this.#claims.set(id, (this.#claims.get(id) ?? 0) + 1);
    const { playbook, run } = this.#tenant;
    await this.#debts.write(become, handlers, { playbook, play, by, run });
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
    const records = paid.flatMap((id) => this.#paid.get(id) ?? []);
    for (const id of paid) this.#paid.delete(id);
    await Promise.all([
      this.#tellOf(() => this.#debts.strike(records)),
      this.#tellOf(() => this.#debts.takeBack(free)),
    ]);
  }

  /** What a handler that is about to run pays. What another run comes to owe meanwhile, it does not. */
  records({ ids }: Payable): readonly DebtRecord[] {
    return ids.flatMap((id) => this.#debts.records(id));
  }

  /**
   * Strikes out what was paid, unless another handler of the same id has failed. Never rejects.
   *
   * @param records what was written down when the handler began
   */
  async paid({ ids, handler }: Payable, records: readonly DebtRecord[]): Promise<void> {
    if (this.#tenant.check) return;
    for (const id of ids)
      await this.#paidUnder(
        id,
        handler,
        records.filter((record) => record.id === id),
      );
  }

  /** Notes that a handler has failed, or was cut off. */
  unpaidBy({ ids, handler }: Payable): void {
    for (const id of ids) {
      const failed = this.#failed.get(id) ?? new Map<string, string>();
      this.#failed.set(id, failed.set(handlerIdentity(handler), handlerLabel(handler)));
      this.#paid.delete(id);
    }
  }

  /** The labels of what has failed under an id: a handler that the code has corrected may be called otherwise now. */
  failedUnder(id: string): readonly string[] {
    return [...(this.#failed.get(id)?.values() ?? [])];
  }

  async #paidUnder(id: string, handler: Handler, records: readonly DebtRecord[]): Promise<void> {
    const failed = this.#failed.get(id);
    failed?.delete(handlerIdentity(handler));
    if (failed && failed.size > 0) return;
    if (!this.#isFree(id)) this.#paid.set(id, records);
    else
      await this.#tellOf(() => this.#debts.strike(records).catch((error) => this.#tellStays(handler, error)));
  }

  /** Nothing else may ask the host before the run ends, so nobody else would tell. */
  #tellStays(handler: Handler, error: unknown): undefined {
    this.#tenant.tell(
      `${handlerLabel(handler)} has run, but the host was lost before that could be noted there (${messageOf(error)}): the next run runs it once more`,
    );
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
}
