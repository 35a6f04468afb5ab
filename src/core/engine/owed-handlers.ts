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
    const { task, certainty, as } = owed;
    const mine = { ...context, ...as, isHandler: true };
    try {
      // another run may have paid it since it was read
      if (as && (await host.tenure?.isStillOwed(task)) === false) continue;
      await withContext(mine, () => runTask(task, mine, certainty));
      await host.tenure?.paid(task);
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
    inherited.map(({ task, debt: { become } }): OwedHandler => {
      const as = { become: become === undefined ? undefined : host.becomeAs(become) };
      return { task, certainty: "certain", as };
    }),
  );
  const now = host.run.options.check ? "would run" : "run";
  const text = `a run that did not end left handlers, which ${now} now: ${listed(inherited.map(({ debt }) => debt))}`;
  host.run.emit({ type: "warning", host: host.info.name, text });
}

/** Debts for a message. */
export function listed(debts: readonly Debt[]): string {
  const when = (since: number) => new Date(since).toISOString().slice(0, 16).replace("T", " ");
  return debts.map(({ label, playbook, since }) => `${label} (${playbook}, ${when(since)} UTC)`).join(", ");
}
