/**
 * Applies one change of a task: the one place through which every change goes, from the question whether it may be made
 * to what is known of the host and its handlers afterwards.
 */
import type { ShowrunnerError } from "../../base/errors.ts";
import { LineSplitter } from "../../base/lines.ts";
import { statesRefusal } from "../../base/refusal.ts";
import type { Script } from "../../base/script.ts";
import { isTelling, toldIn } from "../../base/telling.ts";
import type { Output, RunOptions } from "../../transport/transport.ts";
import { asFailure } from "../events/failure.ts";
import type { Change } from "../facts/change.ts";
import type { Rollback } from "../facts/rollback.ts";
import { verifyChange } from "../facts/verify.ts";
import { shownLabel } from "../lease/pending-handler.ts";
import { pendingRollback } from "../lease/rollbacks.ts";
import type { HostContext } from "./context.ts";
import { notifyUnlessConditional } from "./notify.ts";
import type { Planning } from "./planning.ts";
import { BadStatus, type Behind, isCommand, runAction } from "./run-action.ts";
import { NotRestored, TakenBack } from "./taken-back.ts";
import { changeOf, handlersOf, type TaskRun, timeoutOf } from "./task-run.ts";
import { queueOf } from "./throttle.ts";
import { verifyStated } from "./verify-stated.ts";
import { refused as refusedByCheck } from "./write-file.ts";

/**
 * @param planned the change as the task's plan yields it
 * @param planning is told where a change failed and its plan is to see that (a command's status): the plan goes on with
 *   what the command printed
 * @returns what the change printed
 * @throws ShowrunnerError where the change must not be made, or has failed
 */
export async function applyChange<V>(run: TaskRun<V>, planning: Planning, planned: Change): Promise<Output> {
  const { task, context, become, hidden } = run;
  const { leases } = context.host;
  run.hooks.beforeChange?.(run, changeOf(run, planned));
  await begin(context);

  // a run can die anywhere: the handlers that the change may notify are written down on the host before it is made
  const { changedWhen } = task.options;
  const handlers = changedWhen === false ? [] : handlersOf(run);
  const notifier = { play: context.play, by: shownLabel(task, hidden) };
  // which of them a task with a `changedWhen` notifies shows when that has been asked: see conditions.ts
  if (changedWhen !== undefined) run.writtenAhead.push(...handlers);
  try {
    await leases?.ownHandlers.writeAhead(become, handlers, notifier);

    const { change, output, failure, hadNoEffect } = await makeInTurn(run, planned);
    if (hadNoEffect) throw await explained(planned, failure);

    // also where it failed: nobody knows how far it came
    run.attempted = true;
    notifyUnlessConditional(run, "certain");
    if (output === undefined) throw failure;
    if (failure) planning.failed(failure);
    else await verify(run, change);
    run.changes.push(change);
    return output;
  } finally {
    if (changedWhen === undefined) await leases?.ownHandlers.resolve(handlers);
  }
}

/** Notes, within `once`, that this host has begun a change: from then on no other host may do it instead. */
async function begin({ host, work }: HostContext): Promise<void> {
  if (!work) return;
  await host.session.connection();
  work.hasChanged = true;
}

/** Why a change that told nothing was not made: a script that refuses says little, so the host is asked. */
async function explained({ tells }: Change, failure: ShowrunnerError | undefined): Promise<unknown> {
  const cause = failure instanceof TakenBack ? failure.cause : failure;
  if (!(cause instanceof BadStatus)) return failure;
  try {
    await tells?.ahead();
    return failure;
  } catch (error) {
    return asFailure(error).code === "task.failed" ? error : failure;
  }
}

interface Made {
  /** The change, as far as is known now. */
  readonly change: Change;
  /** What the change printed; undefined where it failed in a way that its plan is not to see. */
  readonly output?: Output;
  readonly failure?: ShowrunnerError;
  /** Whether a change that failed certainly left all as it was. */
  readonly hadNoEffect?: boolean;
}

/** A host keeps one state at a time of what it may have to restore. */
function makeInTurn<V>(run: TaskRun<V>, planned: Change): Promise<Made> {
  const { rollback } = planned;
  if (!rollback) return make(run, planned);
  return queueOf(run.context.host.rollbacks, rollback.name, 1)(() => make(run, planned));
}

/** Makes the change on the host, and tells what it prints meanwhile. Afterwards the facts that it concerns are stale. */
async function make<V>(run: TaskRun<V>, planned: Change): Promise<Made> {
  const change = changeOf(run, planned);
  const { task, become, detachment } = run;
  const { host } = run.context;
  const printed = linesOf(run, change);
  const options: RunOptions = {
    onOutput: (stream, chunk) => printed.push(stream, chunk),
    timeout: timeoutOf(task.options),
  };
  const detached = detachment && { ...detachment, reconnected: async () => host.leases?.again(become) };
  const { altersUser, rollback } = change;
  const touches = rollback ? [...change.touches, pendingRollback.of(rollback.name)] : change.touches;
  const changing = host.facts.changing(
    become,
    { ...change, touches },
    {
      // in the shell that made it, its own user may have other groups than from now on
      isFollowed: detachment === undefined && altersUser === undefined,
      isReadBack: host.run.options.verify === true,
      isJob: detachment !== undefined,
    },
  );
  const behind: Behind = { request: changing.behind, answers: undefined };
  let output: Output | undefined;
  let told: Change | undefined;
  try {
    if (altersUser !== undefined && altersUser !== become?.user) await host.endShellsOf(altersUser);
    output = rollback
      ? await makeConfirmed(run, change, rollback, (before, timeout) =>
          runAction(host.session, become, change, { ...options, timeout }, behind, undefined, before),
        )
      : await runAction(host.session, become, change, options, behind, detached);
    if (planned.tells) told = changeOf(run, { ...planned, ...planned.tells.told(toldIn(output.stderr)) });
    return { change: told ?? change, output };
  } catch (error) {
    const failure = asFailure(error);
    if (failure instanceof BadStatus && "reports" in change.action && change.action.reports)
      return { change, failure, output: failure.output };
    return { change, failure, hadNoEffect: isWithoutEffect(change, failure, detachment !== undefined) };
  } finally {
    await printed.end();
    // also after a failure: nobody knows how far it came
    changing.end(output && behind.answers, told);
  }
}

/**
 * What is read behind the change is read before the change is confirmed; where it is taken back, nothing of that counts.
 * `pendingRollback` knows that this run's own rollback is none of a run that died.
 */
async function makeConfirmed<V>(
  { context: { host }, become }: TaskRun<V>,
  { what }: Change,
  rollback: Rollback,
  act: (before: Script, timeout: number) => Promise<Output>,
): Promise<Output> {
  const { session, leases } = host;
  const { withRollback } = await import("./with-rollback.ts");
  const reconnected = async () => leases?.again(become);
  return withRollback({ session, become, what, rollback, reconnected }, act);
}

function linesOf<V>({ context, shown, hidden }: TaskRun<V>, change: Change): LineSplitter {
  const { run, info } = context.host;
  return new LineSplitter((stream, line) => {
    const text = line.replace(refusedByCheck, "");
    if (hidden || (text === "" && line !== "")) return;
    if (change.tells && isTelling(text)) return;
    // what a user's own command prints is shown as it is
    if (isCommand(change) || !statesRefusal(text))
      run.emit({ type: "task:output", host: info.name, task: shown.id, stream, text });
  });
}

/** The host could not be reached, or the user not be become. */
const notBegun = ["become.refused", "host.unreachable", "host.auth", "host.key"];

/** Whether all is as it was, as where a file could not be written, its validation refused it, or apt refused. */
function isWithoutEffect({ action, tells }: Change, failure: ShowrunnerError, isDetached: boolean): boolean {
  const { code } = failure;
  if (failure instanceof TakenBack) return true;
  // it would have told what it does
  if (tells && failure instanceof BadStatus && toldIn(failure.output.stderr).length === 0) return true;
  if (action.kind === "write" && code === "change.failed") return !(failure instanceof NotRestored);
  // these connect again after they have begun
  const returns = isDetached || action.kind === "reboot";
  return !returns && notBegun.includes(code);
}

/** Reads back what the change says that it sets and alters, where the run is to look. */
async function verify<V>(run: TaskRun<V>, change: Change): Promise<void> {
  const { host } = run.context;
  if (!host.run.options.verify) return;
  if (change.stated) await verifyStated(run, change.stated);
  await verifyChange(change, host.facts, run.become);
}
