/** Runs what a host owes. */
import { asFailure } from "../events/failure.ts";
import type { Debt } from "../tenure/debt.ts";
import type { OwedHandler } from "../tenure/handlers.ts";
import { type HostContext, withContext } from "./context.ts";
import { refuseAfterEnd, runTask } from "./run-task.ts";

/**
 * Runs every owed handler, and what those notify in turn. One that fails keeps none of the others from running; what
 * a lost host or an interrupt cuts off stays owed.
 *
 * @returns once all have run, also those that somebody else on the same host has begun to run
 * @throws the first failure
 */
export function runOwedHandlers(context: HostContext): Promise<void> {
  return context.host.handlers.inTurn(() => runAll(context));
}

async function runAll(context: HostContext): Promise<void> {
  const { host } = context;
  const failures: unknown[] = [];
  while (host.handlers.size > 0 && !failures.some(isLoss))
    await runNext(context).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function runNext(context: HostContext): Promise<void> {
  const { host } = context;
  refuseAfterEnd(host);
  const owed = host.handlers.take();
  if (!owed) return;
  const { handler, id, certainty, isInherited } = owed;
  const { task, become } = handler;
  // one that an earlier run owes may be of a play with another user
  const owing = isInherited && task.options.become === undefined ? { become } : {};
  const mine = { ...context, ...owing, isHandler: true };
  try {
    // another run may have paid it since it was read
    if (isInherited && (await host.tenure?.isStillOwed(id)) === false) return;
    const records = host.tenure?.settlement.records(owed) ?? [];
    const { status } = await withContext(mine, () => runTask(task, mine, certainty));
    if (status !== "failed") await host.tenure?.settlement.paid(owed, records);
    else host.tenure?.settlement.unpaidBy(owed); // though it is ignored
  } catch (error) {
    if (isRefused(error)) host.handlers.putOff(owed);
    else host.tenure?.settlement.unpaidBy(owed);
    throw error;
  }
}

function isLoss(error: unknown): boolean {
  return asFailure(error).code.startsWith("host.");
}

/** Whether another run has the host: then the handler was not begun. */
function isRefused(error: unknown): boolean {
  return asFailure(error).code.startsWith("lease.");
}

/**
 * Puts what earlier runs owe before what this one does.
 *
 * @param play the play that has come to its end; undefined before that
 */
export function inheritDebts({ host }: HostContext, play?: string): void {
  const inherited = host.tenure?.inheritance.take(host.failure ? undefined : play) ?? [];
  if (inherited.length === 0) return;
  host.handlers.inherit(
    inherited.map(
      ({ handler, debt: { id } }): OwedHandler => ({ handler, id, certainty: "certain", isInherited: true }),
    ),
  );
  const due = host.run.options.check ? "would run" : "are due";
  const text = `an earlier run left handlers, which ${due} now: ${listed([...new Set(inherited.map(({ debt }) => debt))])}`;
  host.run.emit({ type: "warning", host: host.info.name, text });
}

/** Debts for a message. */
export function listed(debts: readonly Debt[]): string {
  const when = (since: number) => new Date(since).toISOString().slice(0, 16).replace("T", " ");
  return debts.map(({ label, playbook, since }) => `${label} (${playbook}, ${when(since)} UTC)`).join(", ");
}
