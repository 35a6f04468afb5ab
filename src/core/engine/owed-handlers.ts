/** Runs what a host owes. */

import type { Debt } from "../tenure/debt.ts";
import type { OwedHandler } from "../tenure/handlers.ts";
import { type HostContext, withContext } from "./context.ts";
import { runTask } from "./run-task.ts";

/**
 * Runs every owed handler, and what those notify in turn. One that fails keeps none of the others from running.
 *
 * @throws the first failure, once all have run
 */
export async function runOwedHandlers(context: HostContext): Promise<void> {
  const { host } = context;
  const failures: unknown[] = [];
  for (let owed = host.handlers.take(); owed; owed = host.handlers.take()) {
    const { handler, id, certainty, isInherited } = owed;
    const { task, become } = handler;
    // one that an earlier run owes may be of a play with another user
    const owing = isInherited && task.options.become === undefined ? { become } : {};
    const mine = { ...context, ...owing, isHandler: true };
    try {
      // another run may have paid it since it was read
      if (isInherited && (await host.tenure?.isStillOwed(id)) === false) continue;
      await withContext(mine, () => runTask(task, mine, certainty));
      await host.tenure?.paid(id);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Puts what earlier runs owe before what this one does.
 *
 * @param play the play that has come to its end; undefined before that
 */
export function inheritDebts({ host }: HostContext, play?: string): void {
  const inherited = host.tenure?.inherit(host.failure ? undefined : play) ?? [];
  if (inherited.length === 0) return;
  host.handlers.inherit(
    inherited.map(
      ({ handler, debt: { id } }): OwedHandler => ({ handler, id, certainty: "certain", isInherited: true }),
    ),
  );
  const now = host.run.options.check ? "would run" : "run";
  const text = `an earlier run left handlers, which ${now} now: ${listed(inherited.map(({ debt }) => debt))}`;
  host.run.emit({ type: "warning", host: host.info.name, text });
}

/** Debts for a message. */
export function listed(debts: readonly Debt[]): string {
  const when = (since: number) => new Date(since).toISOString().slice(0, 16).replace("T", " ");
  return debts.map(({ label, playbook, since }) => `${label} (${playbook}, ${when(since)} UTC)`).join(", ");
}
