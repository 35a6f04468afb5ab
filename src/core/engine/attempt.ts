/** One try at a task: plan, and make or predict each change as the plan yields it. */

import { milliseconds } from "../../base/duration.ts";
import { messageOf, type ShowrunnerError } from "../../base/errors.ts";
import { LineSplitter } from "../../base/lines.ts";
import { statesRefusal } from "../../base/refusal.ts";
import type { Output, RunOptions } from "../../transport/transport.ts";
import type { TaskStatus } from "../events/events.ts";
import { asFailure } from "../events/failure.ts";
import type { Change } from "../facts/change.ts";
import type { Touch } from "../facts/fact.ts";
import { narrowed, narrowedTouches } from "../facts/stated.ts";
import { surroundedChange } from "../facts/surrounded-change.ts";
import { notRun, UnknownValue } from "../facts/unknown.ts";
import { verifyChange } from "../facts/verify.ts";
import type { Certainty } from "../lease/handler-queue.ts";
import { PlanOutdated } from "../lease/host-leases.ts";
import { shownLabel } from "../lease/pending-handler.ts";
import type { TaskOptions } from "../tasks/task.ts";
import type { HostContext } from "./context.ts";
import type { Planning } from "./planning.ts";
import { BadStatus, isCommand, runAction } from "./run-action.ts";
import { handlersOf, hasChanged, type Outcome, type TaskRun } from "./task-run.ts";
import { verifyStated } from "./verify-stated.ts";
import { refused as refusedByCheck } from "./write-file.ts";

const defaultTimeout = "30m";

/** How long each command of a task may take, in milliseconds. */
export function timeoutOf({ timeout = defaultTimeout }: Pick<TaskOptions, "timeout">): number {
  return milliseconds(timeout);
}

/** Plans and makes the changes. */
export async function attempt<V>(run: TaskRun<V>, planning: Planning): Promise<Outcome<V>> {
  for (;;) {
    try {
      return await carryOut(run, planning);
    } catch (error) {
      if (!(error instanceof PlanOutdated)) throw error;
    }
  }
}

async function carryOut<V>(run: TaskRun<V>, planning: Planning): Promise<Outcome<V>> {
  const { leases } = run.context.host;
  const epoch = leases?.epoch(run.become) ?? 0;
  const plan = run.task.plan(planning);
  let answer = await plan.next(notRun);
  while (!answer.done) {
    const change = changeOf(run, answer.value);
    const make = () => makeOwing(run, planning, change);
    answer = await plan.next(await (leases ? leases.change(run.become, epoch, make) : make()));
  }
  return ended(run, planning, answer.value, run.changes.length > 0 ? "changed" : "ok");
}

/** A plan that has returned its value may have said that the task failed: the task's own conditions see both. */
function ended<V>(run: TaskRun<V>, planning: Planning, known: V, status: TaskStatus): Outcome<V> {
  const failure = planning.takeFailure();
  const { changedWhen, failedWhen } = run.task.options;
  if (failure && changedWhen === undefined && failedWhen === undefined) throw failure;
  return { status, value: { known }, failure };
}

/** Plans, predicts the changes, and says how sure that is. */
export async function foresee<V>(run: TaskRun<V>, planning: Planning): Promise<Outcome<V>> {
  const { task, context, changes } = run;
  const { facts } = context.host;
  try {
    const plan = task.plan(planning);
    let answer = await plan.next(notRun);
    while (!answer.done) {
      // a task may need no fact, so that nobody has been there yet
      await facts.enter(run.become);
      const change = changeOf(run, answer.value);
      const { sets, touches } = change;
      changes.push(change);
      notifyUnlessJudged(run, certaintyOf(run, planning));
      const believed = believedTouches(run, touches);
      // of what is said to change nothing, nothing is foreseen: not even that the world may have moved
      if (sets.length > 0 || believed.length > 0 || !isSaidToBeNothing(task.options))
        facts.predict(sets, believed, planning.tentative);
      answer = await plan.next(notRun);
    }
    const status = foreseenStatus(run, planning);
    if (status !== "unknown") return ended(run, planning, answer.value, status);
    planning.takeFailure();
    const { unmet, doubtful } = planning;
    // it changes nothing as far as is known: nobody knows what it does should an earlier change alter that
    if (changes.length === 0 && doubtful.length > 0) facts.predict([], doubtful, true);
    if (unmet)
      return { ...unknown(run, `as yet ${unmet.message}; an earlier change may alter that`), failure: unmet };
    return unknown(
      run,
      run.certainty === "unknown"
        ? "whether it comes to this is not known"
        : "an earlier change may alter what this depends on",
    );
  } catch (error) {
    if (error instanceof UnknownValue) {
      const status = changes.length > 0 ? foreseenStatus(run, planning) : "unknown";
      return status === "unknown"
        ? unknown(run, error.message)
        : { status, value: { unknown: error.message } };
    }
    const failure = asFailure(error);
    if (failure.code === "become.refused" && facts.isPredicted) {
      const opaque = narrowedTouches(["everything"], task.options.touches);
      facts.predict([], believedTouches(run, opaque), true);
      return { ...unknown(run, refusedAsYet(failure)), failure };
    }
    if (!planning.tentative || failure.code.startsWith("host.")) throw error;
    // it fails on what an earlier change may yet bring about, so nobody knows: nor what it would have done
    const read = planning.reads.map(({ fact, key }) => ({ fact: fact.name, keys: [key] }));
    facts.predict([], read, true);
    return { ...unknown(run, messageOf(error)), failure };
  }
}

/** An earlier change may make the user, let others become it, or bring the program for that. */
function refusedAsYet({ message, details }: ShowrunnerError): string {
  const said = details.length === 0 ? "" : ` (${details.join("; ")})`;
  return `as yet ${message}${said}; an earlier change may alter that`;
}

/** What a task's plan yields, as it is made: in the task's surroundings, and with what its author says that it touches. */
function changeOf<V>({ task, surroundings }: TaskRun<V>, planned: Change): Change {
  return narrowed(surroundedChange(planned, surroundings), task.options.touches);
}

function isSaidToBeNothing({ changedWhen, touches }: Pick<TaskOptions, "changedWhen" | "touches">): boolean {
  return changedWhen === false || touches?.length === 0;
}

/** An opaque task of which its author says that it changes nothing makes nothing uncertain. */
function believedTouches<V>({ task }: TaskRun<V>, touches: readonly Touch[]): readonly Touch[] {
  return task.options.changedWhen === false ? touches.filter((touch) => touch !== "everything") : touches;
}

export function foreseenStatus<V>(run: TaskRun<V>, { tentative }: Planning): TaskStatus {
  if (!tentative) return hasChanged(run) ? "changed" : "ok";
  return hasChanged(run) && run.certainty !== "unknown" ? "likely" : "unknown";
}

export function unknown<V>(run: TaskRun<V>, reason: string): Outcome<V> {
  if (run.task.options.changedWhen !== false) notify(run, "unknown");
  return { status: "unknown", value: { unknown: reason } };
}

function certaintyOf<V>({ certainty }: TaskRun<V>, { tentative }: Planning): Certainty {
  return certainty === "certain" && tentative ? "likely" : certainty;
}

/** A task that has `changedWhen` notifies its handlers once that has been asked. */
function notifyUnlessJudged<V>(run: TaskRun<V>, certainty: Certainty): void {
  if (run.task.options.changedWhen === undefined) notify(run, certainty);
}

export function notify<V>(run: TaskRun<V>, certainty: Certainty): void {
  for (const handler of handlersOf(run)) run.context.host.handlers.notify(handler, certainty);
}

/** Makes a change, with the handlers that it may notify written down before. */
async function makeOwing<V>(run: TaskRun<V>, planning: Planning, change: Change): Promise<Output> {
  run.hooks.permit?.(run, change);
  const { task, context, become } = run;
  await begun(context);
  const { leases } = context.host;
  const mayNotify = task.options.changedWhen === false ? [] : handlersOf(run);
  // which handlers a task with a `changedWhen` notifies shows when that has been asked
  const later = task.options.changedWhen !== undefined;
  if (later) run.writtenAhead.push(...mayNotify);
  try {
    await leases?.ownHandlers.writeAhead(become, mayNotify, {
      play: context.play,
      by: shownLabel(task, run.hidden),
    });
    return await makeNotifying(run, planning, change);
  } finally {
    if (!later) await leases?.ownHandlers.resolve(mayNotify);
  }
}

/** What is done once may be left to the next host as long as this one has begun no change: not if it can't be reached. */
async function begun({ host, work }: HostContext): Promise<void> {
  if (!work) return;
  await host.session.connection();
  work.hasChanged = true;
}

/** Makes a change and notifies its handlers: also where it failed, unless it certainly had no effect. */
async function makeNotifying<V>(run: TaskRun<V>, planning: Planning, change: Change): Promise<Output> {
  const tried: Tried = { hadNoEffect: false };
  try {
    const output = await makeReporting(run, planning, change, tried);
    notifyUnlessJudged(run, "certain");
    run.changes.push(change);
    return output;
  } catch (error) {
    if (!tried.hadNoEffect) notifyUnlessJudged(run, "certain");
    throw error;
  }
}

/** What is known of a change that failed: by default nobody knows how far it came. */
interface Tried {
  hadNoEffect: boolean;
}

/** There was no way onto the host, or to its user. */
const notBegun = ["become.refused", "host.unreachable", "host.auth", "host.key"];

/** Whether a change certainly had no effect. A file that could not be written, or that its check refused, is as it was. */
function hadNoEffect({ action }: Change, error: unknown, isDetached: boolean): boolean {
  const { code } = asFailure(error);
  if (action.kind === "write" && code === "change.failed") return true;
  // these come back to the host after they have begun
  const returns = isDetached || action.kind === "reboot";
  return !returns && notBegun.includes(code);
}

/** Makes a change; the plan of one that reports gets what it printed also where that is a failure. */
async function makeReporting<V>(
  run: TaskRun<V>,
  planning: Planning,
  change: Change,
  tried: Tried,
): Promise<Output> {
  try {
    return await make(run, change, tried);
  } catch (error) {
    if (!tried.hadNoEffect) run.attempted = true;
    if (!(error instanceof BadStatus && "reports" in change.action && change.action.reports)) throw error;
    planning.failed(error);
    return error.output;
  }
}

/** Makes one change for real, streaming what it prints; afterwards the facts it concerns are stale. */
async function make<V>(taskRun: TaskRun<V>, change: Change, tried: Tried): Promise<Output> {
  const { task, context, become, shown, detachment } = taskRun;
  const { host } = context;
  const { run } = host;
  const splitter = new LineSplitter((stream, line) => {
    const text = line.replace(refusedByCheck, "");
    if (taskRun.hidden || (text === "" && line !== "")) return;
    // what a command of the user's prints is its own
    if (isCommand(change) || !statesRefusal(text))
      run.emit({ type: "task:output", host: host.info.name, task: shown.id, stream, text });
  });
  let output: Output;
  try {
    const options: RunOptions = {
      onOutput: (stream, chunk) => splitter.push(stream, chunk),
      timeout: timeoutOf(task.options),
    };
    const { altersUser } = change;
    if (altersUser !== undefined && altersUser !== become?.user) await host.endShellsOf(altersUser);
    const detached = detachment && { ...detachment, reconnected: async () => host.leases?.again(become) };
    output = await runAction(host.session, become, change, options, detached);
  } catch (error) {
    tried.hadNoEffect = hadNoEffect(change, error, detachment !== undefined);
    throw error;
  } finally {
    await splitter.end();
    // also after a failure: nobody knows how far it came
    host.facts.invalidate(change.sets, change.touches);
  }
  if (run.options.verify) {
    if (change.stated) await verifyStated(taskRun, change.stated);
    await verifyChange(change, host.facts, become);
  }
  return output;
}
