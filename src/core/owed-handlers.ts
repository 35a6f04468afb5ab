/** Runs what a host owes. */
import { type HostContext, withContext } from "./context.ts";
import type { Debt } from "./debt.ts";
import type { OwedHandler } from "./handlers.ts";
import { runTask } from "./run-task.ts";

/**
 * Runs every owed handler, first what earlier runs left, and what those notify in turn. One that fails keeps none of
 * the others from running.
 *
 * @throws the first failure, once all have run
 */
export async function runOwedHandlers(context: HostContext): Promise<void> {
  const { host } = context;
  inherit(context);
  const failures: unknown[] = [];
  for (let owed = host.handlers.take(); owed; owed = host.handlers.take()) {
    const { task, certainty, as } = owed;
    const mine = as ? { ...context, ...as } : context;
    try {
      await withContext(mine, () => runTask(task, mine, certainty));
      await host.tenure?.strike([task]);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

function inherit({ host }: HostContext): void {
  if (!host.tenure?.hasInherited) return;
  const { handlers, unknown } = host.tenure.inherit();
  const owed = handlers.map(({ task, debt: { become } }): OwedHandler => {
    const as = { become: become === undefined ? undefined : host.becomeAs(become) };
    return { task, certainty: "certain", as };
  });
  host.handlers.inherit(owed);
  const warn = (text: string) => host.run.emit({ type: "warning", host: host.info.name, text });
  const debts = handlers.map(({ debt }) => debt);
  if (debts.length > 0) warn(`a run that did not end left handlers, which run now: ${listed(debts)}`);
  if (unknown.length > 0)
    warn(
      `owed by a run that did not end, and no task here notifies it: ${listed(unknown)}; run that playbook`,
    );
}

function listed(debts: readonly Debt[]): string {
  const when = (since: number) => new Date(since).toISOString().slice(0, 16).replace("T", " ");
  return debts.map(({ label, playbook, since }) => `${label} (${playbook}, ${when(since)} UTC)`).join(", ");
}
