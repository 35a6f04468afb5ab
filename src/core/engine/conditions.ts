/** The task's own conditions, `changedWhen` and `failedWhen`: they decide how a try has ended. */

import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { isBeyondTask } from "../../base/failure-class.ts";
import { asFailure } from "../events/failure.ts";
import { NoValue, UnknownValue } from "../facts/unknown.ts";
import type { Condition, TaskResult } from "../tasks/task.ts";
import { notify } from "./notify.ts";
import { predictedStatus, unknown } from "./plan-and-predict.ts";
import type { Planning } from "./planning.ts";
import { hasChanged, mayHaveChanged, type Outcome, resultForConditions, type TaskRun } from "./task-run.ts";

/** The error for a condition that gives no answer. That is a mistake in the playbook, so the task is not tried again. */
export class ConditionError extends ShowrunnerError {}

/**
 * Makes a try, and lets the task's conditions say how it has ended. A task without conditions keeps its own outcome.
 *
 * @returns how the try has ended; where a `changedWhen` holds, the task's handlers are notified
 * @throws ShowrunnerError the try's failure, unless `failedWhen` says that it is none; `task.failed` where it says so
 */
export function withConditions<V>(
  run: TaskRun<V>,
  planning: Planning,
  attempt: () => Promise<Outcome<V>>,
): Promise<Outcome<V>> {
  const { changedWhen, failedWhen } = run.task.options;
  if (changedWhen === undefined && failedWhen === undefined) return attempt();
  return withOwnConditions(run, planning, attempt);
}

async function withOwnConditions<V>(
  run: TaskRun<V>,
  planning: Planning,
  attempt: () => Promise<Outcome<V>>,
): Promise<Outcome<V>> {
  const after = await withChangedWhen(run, planning, attempt);
  return after.status === "unknown" ? after : applyFailedWhen(run, planning, after);
}

async function withChangedWhen<V>(
  run: TaskRun<V>,
  planning: Planning,
  attempt: () => Promise<Outcome<V>>,
): Promise<Outcome<V>> {
  try {
    const outcome = await attempt().catch((error: unknown): Outcome<V> => {
      const failure = asFailure(error);
      // a host that is lost has not failed; a task that was not begun has no result for the conditions
      if (isBeyondTask(failure.code)) {
        notifyUnasked(run);
        throw failure;
      }
      return { status: "failed", value: { failure }, failure };
    });
    return outcome.status === "unknown" ? outcome : applyChangedWhen(run, planning, outcome);
  } finally {
    // by now every handler is notified that will be
    await resolveHandlers(run);
  }
}

/** Decides what becomes of the handlers that were written down in case the task changes something. */
async function resolveHandlers<V>({ context, writtenAhead }: TaskRun<V>): Promise<void> {
  await context.host.leases?.ownHandlers.resolve(writtenAhead.splice(0));
}

function applyChangedWhen<V>(run: TaskRun<V>, planning: Planning, outcome: Outcome<V>): Outcome<V> {
  const { changedWhen } = run.task.options;
  if (changedWhen === undefined) return outcome;
  const own = mayHaveChanged(run);
  const says = askWhetherChanged(run, changedWhen, outcome);
  if (says === "unknown") return unknown(run, "whether it changes anything depends on what it gives");
  const changed = says ?? own;
  // what an earlier try has changed stays changed
  run.changed = run.changed === true || changed;
  if (changed) notify(run, planning.tentative ? "likely" : "certain");
  return outcome.status === "failed" ? outcome : { ...outcome, status: statusOf(run, planning) };
}

function askWhetherChanged<V>(run: TaskRun<V>, changedWhen: Condition<V>, outcome: Outcome<V>) {
  try {
    return decide("changedWhen", changedWhen, resultForConditions(run, outcome));
  } catch (error) {
    notifyUnasked(run);
    throw error;
  }
}

/** Where `changedWhen` could not be asked, a change notifies its handlers: the condition might have held. */
function notifyUnasked<V>(run: TaskRun<V>): void {
  const { changedWhen } = run.task.options;
  const made = mayHaveChanged(run);
  const check = run.context.host.run.options.check === true;
  if (made && !check && changedWhen !== undefined && changedWhen !== false) notify(run, "certain");
}

function applyFailedWhen<V>(run: TaskRun<V>, planning: Planning, outcome: Outcome<V>): Outcome<V> {
  const { failedWhen } = run.task.options;
  const { failure } = outcome;
  const says =
    failedWhen === undefined
      ? undefined
      : decide("failedWhen", failedWhen, resultForConditions(run, outcome));
  if (says === "unknown") return outcome;
  if (says ?? failure !== undefined) {
    const error = failure ?? saidToFail(outcome);
    if (run.context.host.run.options.check === true && planning.tentative) return unknown(run, error.message);
    throw error;
  }
  const { value } = outcome;
  return {
    status: failure === undefined ? outcome.status : statusOf(run, planning),
    value,
  };
}

function statusOf<V>(run: TaskRun<V>, planning: Planning): Outcome<V>["status"] {
  if (run.context.host.run.options.check === true) return predictedStatus(run, planning);
  return hasChanged(run) ? "changed" : "ok";
}

/**
 * Asks a condition.
 *
 * @returns undefined where the condition can't tell, since the task failed before it had a value
 * @throws ConditionError where the condition gives neither true nor false, or throws
 */
export function decide<V>(
  option: string,
  condition: Condition<V>,
  result: TaskResult<V>,
): boolean | "unknown" | undefined {
  if (typeof condition === "boolean") return condition;
  try {
    const says: unknown = condition(result);
    if (typeof says === "boolean") return says;
    const got = says instanceof Promise ? "a promise: it can't wait for anything" : String(says);
    throw new ConditionError("task.failed", `${option}: expected true or false, got ${got}`);
  } catch (error) {
    if (error instanceof UnknownValue) return "unknown";
    if (error instanceof NoValue) return undefined;
    if (error instanceof ConditionError) throw error;
    const failure = asFailure(error);
    throw new ConditionError(failure.code, `${option}: ${failure.message}`, failure);
  }
}

/** The error for a task that `failedWhen` lets fail, with what the command printed: that shows the reason. */
function saidToFail<V>({ value }: Outcome<V>): ShowrunnerError {
  const given: unknown = "known" in value ? value.known : undefined;
  const said = [textIn(given, "stdout"), textIn(given, "stderr")].join("\n").trim();
  return new ShowrunnerError("task.failed", "it failed, as its failedWhen says", {
    details: said === "" ? [] : said.split("\n").slice(-10),
  });
}

function textIn(value: unknown, name: string): string {
  if (value === null || typeof value !== "object") return "";
  try {
    const text: unknown = Reflect.get(value, name);
    return typeof text === "string" ? text : "";
  } catch (error) {
    return messageOf(error); // it is too long to be read
  }
}
