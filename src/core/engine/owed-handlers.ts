/** Runs what a host owes. */
import { ShowrunnerError } from "../../base/errors.ts";
import { asFailure } from "../events/failure.ts";
import type { OwedHandler } from "../lease/handler-queue.ts";
import { handlerLabel } from "../lease/pending-handler.ts";
import { forgets, listed } from "../lease/pending-text.ts";
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
  const { handler, ids, certainty, inherited } = owed;
  const { task, become } = handler;
  // one that an earlier run owes may be of a play with another user
  const owing = inherited && task.options.become === undefined ? { become } : {};
  const mine = { ...context, ...owing, isHandler: true };
  try {
    // another run may have paid it since it was read
    if (inherited && (await host.tenure?.isStillOwed(ids)) === false) return;
    const records = host.tenure?.settlement.records(owed) ?? [];
    const { status } = await withContext(mine, () => runTask(task, mine, certainty));
    if (status !== "failed") await host.tenure?.settlement.paid(owed, records);
    else host.tenure?.settlement.unpaidBy(owed); // though it is ignored
  } catch (error) {
    if (isNotBegun(error)) host.handlers.putOff(owed);
    else host.tenure?.settlement.unpaidBy(owed);
    throwUnlessLeft(context, owed, error);
  }
}

/**
 * A handler that an earlier run left can fail at every run, whatever the code has become since. So its failure names the
 * way out; and where no task of this run has named it, it stops nothing.
 */
function throwUnlessLeft({ host }: HostContext, { handler, inherited }: OwedHandler, error: unknown): void {
  const failure = asFailure(error);
  const { code, message, hint, location, details } = failure;
  if (inherited === undefined || /^(host|plan|lease)\./.test(code)) throw error;
  const forget = forgets(host.info.name, 1, host.run.givenInventories);
  if (inherited === "named") {
    const hints = [hint, `an earlier run left this handler: correct it, or ${forget}`];
    throw new ShowrunnerError(code, message, {
      hint: hints.filter((one) => one !== undefined).join("; "),
      location,
      details,
      cause: error,
    });
  }
  const text = `${handlerLabel(handler)}, which an earlier run left and no task of this one names, failed: ${message}; it stays owed; ${forget}`;
  host.run.emit({ type: "warning", host: host.info.name, text });
}

function isLoss(error: unknown): boolean {
  return asFailure(error).code.startsWith("host.");
}

/** There was no way onto the host, or to the handler's user, or another run has the host. */
function isNotBegun(error: unknown): boolean {
  const { code } = asFailure(error);
  return (
    code.startsWith("lease.") ||
    ["become.refused", "host.unreachable", "host.auth", "host.key"].includes(code)
  );
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
      ({ handler, debt: { id }, isNamed }): OwedHandler => ({
        handler,
        ids: [id],
        certainty: "certain",
        inherited: isNamed ? "named" : "unnamed",
      }),
    ),
  );
  const due = host.run.options.check ? "would run" : "are due";
  const text = `an earlier run left handlers, which ${due} now: ${listed([...new Set(inherited.map(({ debt }) => debt))])}`;
  host.run.emit({ type: "warning", host: host.info.name, text });
}
