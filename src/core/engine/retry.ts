/** Tries a task again: after a failure, until a condition holds, or as long as its module has patience. */
import { setTimeout as sleep } from "node:timers/promises";
import { milliseconds } from "../../base/duration.ts";
import { type ErrorCode, messageOf, ShowrunnerError } from "../../base/errors.ts";
import { isBeyondTask } from "../../base/failure-class.ts";
import { asFailure } from "../events/failure.ts";
import type { Patience } from "../tasks/task.ts";
import { ConditionError, decide, withConditions } from "./conditions.ts";
import type { HostContext } from "./context.ts";
import { hiddenText } from "./no-log.ts";
import { isWaiting, noteRead } from "./note-reads.ts";
import { planAhead } from "./plan-ahead.ts";
import { planAndApply } from "./plan-and-apply.ts";
import { planAndPredict } from "./plan-and-predict.ts";
import { Planning } from "./planning.ts";
import { type Outcome, resultOf, type TaskRun, timeoutOf } from "./task-run.ts";
import { tellPrinted } from "./tell-printed.ts";

const defaultDelay = "5s";
/** The default of a task with `until` and no `retries`, as in Ansible. */
const retriesUntil = 3;

/** Whether another try may end better: not of a lost host, of a refusal, or of `touches` that were not true. */
function mayGoBetter(code: ErrorCode): boolean {
  return !isBeyondTask(code) && code !== "change.not-stated";
}

/** @throws ShowrunnerError the last try's failure */
export async function withRetries<V>(run: TaskRun<V>): Promise<Outcome<V>> {
  const { task, context, shown } = run;
  const { host } = context;
  if (host.run.options.check) return predictOnce(run);
  const { until } = task.options;
  const attempts = (task.options.retries ?? (until ? retriesUntil : 0)) + 1;
  for (let attempt = 1; ; attempt++) {
    const planning = planningFor(run, attempt > 1);
    let reason: string;
    try {
      const outcome = await withConditions(run, planning, () => tryOnce(run, planning));
      if (!until || decide("until", until, resultOf(run, outcome)) === true) return outcome;
      reason = "the condition does not hold yet";
      if (attempt >= attempts)
        throw new ShowrunnerError(
          "task.failed",
          `the condition did not come true in ${attempts} ${attempts === 1 ? "try" : "tries"}`,
        );
    } catch (error) {
      if (error instanceof ConditionError) throw error;
      if (attempt >= attempts || !mayGoBetter(asFailure(error).code)) throw error;
      reason = messageOf(error);
    }
    if (run.hidden) reason = hiddenText;
    host.run.emit({ type: "task:retry", host: host.info.name, task: shown.id, attempt, attempts, reason });
    forgetReads(context, planning);
    await wait(context, milliseconds(task.options.delay ?? defaultDelay));
  }
}

/** In check mode there is one try: nothing is done that could fail and be tried again. */
async function predictOnce<V>(run: TaskRun<V>): Promise<Outcome<V>> {
  const planning = planningFor(run);
  let outcome: Outcome<V> | undefined;
  try {
    outcome = await withConditions(run, planning, () => planAndPredict(run, planning));
    return outcome;
  } finally {
    run.hooks.onTaskPlanned?.(run, planning.reads, outcome);
  }
}

function tryOnce<V>(run: TaskRun<V>, planning: Planning): Promise<Outcome<V>> {
  const { patience } = run.task;
  return patience ? tryPatiently(run, planning, patience) : planAndApply(run, planning);
}

/** Plans a failed task again as long as the module has patience: what the task waits for comes by itself, or not. */
async function tryPatiently<V>(run: TaskRun<V>, planning: Planning, patience: Patience): Promise<Outcome<V>> {
  const started = performance.now();
  await wait(run.context, patience.delay);
  for (;;) {
    let left: number;
    try {
      return await planAndApply(run, planning);
    } catch (error) {
      const { code, message, hint, details } = asFailure(error);
      if (code !== "task.failed") throw error;
      const waited = performance.now() - started;
      left = patience.timeout - waited;
      if (left <= 0)
        throw new ShowrunnerError(code, `${message} (waited ${Math.round(waited / 1000)} s)`, {
          hint,
          details,
        });
    }
    forgetReads(run.context, planning);
    // the last try is at the deadline, however long the interval
    await wait(run.context, Math.min(patience.interval, left));
  }
}

/** @param isAgain whether it was tried before: what was read early while it waited is too old */
function planningFor<V>(run: TaskRun<V>, isAgain = false): Planning {
  const { task, context, become, certainty, executionEnvironment } = run;
  const tentative = certainty !== "certain" || context.uncertainty.read;
  const timeout = timeoutOf(task.options);
  const readTimeout = task.options.timeout === undefined ? undefined : timeout;
  return new Planning(context.host, become, {
    tentative,
    executionEnvironment,
    timeout,
    readTimeout,
    isLive: isAgain || isWaiting(task),
    onRead: (read) => noteRead(run, read),
    onWaiting: () => planAhead(context),
    onPrinted: (printed) => tellPrinted(run, printed),
  });
}

function forgetReads({ host }: HostContext, planning: Planning): void {
  for (const { fact, key } of planning.reads) host.facts.forget(fact, key);
}

/** Waits, for what comes about by itself, and may show in other facts, too; an interrupt ends the waiting. */
async function wait({ host }: HostContext, time: number): Promise<void> {
  await sleep(time, undefined, host.run.signal ? { signal: host.run.signal } : {});
  if (time > 0) host.strayed();
}
