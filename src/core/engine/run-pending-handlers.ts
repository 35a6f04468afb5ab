/** Runs the pending handlers of a host. */
import { type ErrorCode, ShowrunnerError } from "../../base/errors.ts";
import { isBeyondTask, isLoss } from "../../base/failure-class.ts";
import { asFailure } from "../events/failure.ts";
import type { QueuedHandler } from "../lease/handler-queue.ts";
import { handlerLabel } from "../lease/pending-handler.ts";
import { howToForget, listPending } from "../lease/pending-text.ts";
import { type HostContext, withContext } from "./context.ts";
import { refuseAfterEnd } from "./run-task.ts";

/**
 * Runs every pending handler, and what those notify in turn. One that fails keeps none of the others from running; what
 * a lost host or an interrupt cuts off stays pending.
 *
 * @returns once all have run, also those that somebody else on the same host has begun to run
 * @throws the first failure
 */
export function runPendingHandlers(context: HostContext): Promise<void> {
  return context.host.handlers.inTurn(() => runAll(context));
}

async function runAll(context: HostContext): Promise<void> {
  const { host } = context;
  const failures: unknown[] = [];
  while (host.handlers.size > 0 && !failures.some((error) => isLoss(asFailure(error).code)))
    await runNext(context).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function runNext(context: HostContext): Promise<void> {
  const { host } = context;
  refuseAfterEnd(host);
  const queued = host.handlers.take();
  if (!queued) return;
  const { handler, ids, certainty, fromEarlierRun } = queued;
  const { task, become } = handler;
  // one that an earlier run left may be of a play with another user
  const asItsUser = fromEarlierRun && task.options.become === undefined ? { become } : {};
  const mine = { ...context, ...asItsUser, isHandler: true };
  try {
    // another run may have run it since its record was read
    if (fromEarlierRun && (await host.leases?.isStillPending(ids)) === false) return;
    const records = host.leases?.ownHandlers.records(queued) ?? [];
    const { status } = await withContext(mine, () => mine.runTask(task, mine, { certainty }));
    if (status !== "failed") await host.leases?.ownHandlers.ran(queued, records);
    else host.leases?.ownHandlers.failed(queued); // though it is ignored
  } catch (error) {
    if (isNotBegun(error)) host.handlers.putOff(queued);
    else host.leases?.ownHandlers.failed(queued);
    throwUnlessLeft(context, queued, error);
  }
}

/**
 * A handler that an earlier run left can fail at every run, whatever the code has become since. So its failure names the
 * way out; and where no task of this run has named it, it stops nothing.
 */
function throwUnlessLeft(
  { host }: HostContext,
  { handler, fromEarlierRun }: QueuedHandler,
  error: unknown,
): void {
  const failure = asFailure(error);
  const { code, message, hint, location, details } = failure;
  if (fromEarlierRun === undefined || isBeyondTask(code)) throw error;
  const forget = howToForget(host.info.name, 1, host.run.givenInventories);
  if (fromEarlierRun === "named") {
    const hints = [hint, `an earlier run left this handler: fix it, or ${forget}`];
    throw new ShowrunnerError(code, message, {
      hint: hints.filter((one) => one !== undefined).join("; "),
      location,
      details,
      cause: error,
    });
  }
  const text = `${handlerLabel(handler)}, which an earlier run left and no task of this one names, failed: ${message}; it stays pending; ${forget}`;
  host.run.emit({ type: "warning", host: host.info.name, text });
}

/** There was no way onto the host, or to the handler's user, or another run has the host. */
function isNotBegun(error: unknown): boolean {
  return notBegun.includes(asFailure(error).code);
}

const notBegun: readonly ErrorCode[] = [
  "lease.held",
  "lease.failed",
  "become.refused",
  "host.unreachable",
  "host.auth",
  "host.key",
];

/**
 * Puts the handlers that earlier runs left before those of this run.
 *
 * @param play the play that has come to its end; undefined before that
 */
export function queueEarlierHandlers({ host }: HostContext, play?: string): void {
  const earlier = host.leases?.earlierHandlers.take(host.failure ? undefined : play) ?? [];
  if (earlier.length === 0) return;
  host.handlers.addEarlier(
    earlier.map(
      ({ handler, pending: { id }, isNamed }): QueuedHandler => ({
        handler,
        ids: [id],
        certainty: "certain",
        fromEarlierRun: isNamed ? "named" : "unnamed",
      }),
    ),
  );
  const due = host.run.options.check ? "would run" : "are due";
  const text = `an earlier run left pending handlers, which ${due} now: ${listPending([...new Set(earlier.map(({ pending }) => pending))])}`;
  host.run.emit({ type: "warning", host: host.info.name, text });
}
