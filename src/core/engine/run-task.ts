/** Runs one task on one host and reports it. So retries, check mode and the rest hold for every module. */

import { ShowrunnerError } from "../../base/errors.ts";
import { isLoss, isRefusal } from "../../base/failure-class.ts";
import { fetchSecrets } from "../../secrets/fetch.ts";
import type { ShownChange, ShownError, TaskStatus } from "../events/events.ts";
import { asFailure, showError } from "../events/failure.ts";
import type { Change } from "../facts/change.ts";
import { executionEnvironmentOf } from "../facts/execution-environment.ts";
import { shownLabel } from "../lease/pending-handler.ts";
import type { Task, TaskResult } from "../tasks/task.ts";
import { becomeOf, type HostContext, type RunTask, type TaskTerms } from "./context.ts";
import { expectMade } from "./expect-made.ts";
import { hiddenFailure, hiddenText, isHidden } from "./no-log.ts";
import { noteFurtherReads } from "./note-reads.ts";
import { withRetries } from "./retry.ts";
import { handlersOf, type Outcome, resultOf, type TaskHooks, type TaskRun } from "./task-run.ts";
import { throttled } from "./throttle.ts";

/**
 * Makes the function that runs the tasks of one run.
 *
 * @param hooks are called for every task, and may refuse its changes
 * @returns gives a task's result; in check mode its value may be unknown, and reading it then throws. It throws a
 *   ShowrunnerError if the task failed for good
 */
export function taskRunner(hooks: TaskHooks): RunTask {
  return (task, context, terms = {}) =>
    throttled(task, context, () => runInTurn(task, context, terms, hooks), terms.detachment?.waits);
}

async function runInTurn<V>(
  task: Task<V>,
  context: HostContext,
  { certainty = "certain", detachment }: TaskTerms,
  hooks: TaskHooks,
): Promise<TaskResult<V>> {
  const { host, step, roles } = context;
  refuseAfterEnd(host);
  const { emit } = host.run;
  const { module, location } = task;
  const hidden = isHidden(task.options, context);
  const run: TaskRun<V> = {
    task,
    context,
    hooks,
    shown: { id: host.run.nextTaskId(), module, title: task.titleFor(hidden), roles, location },
    become: becomeOf(task.options, context),
    executionEnvironment: executionEnvironmentOf(task.options, context),
    certainty: context.uncertainty.unknown ? "unknown" : certainty,
    detachment,
    hidden,
    changes: [],
    furtherReads: [],
    writtenAhead: [],
    attempted: false,
    changed: undefined,
  };
  const where = { host: host.info.name, step, task: run.shown };
  const started = performance.now();
  const end = (status: TaskStatus, more: { reason?: string; error?: ShownError } = {}) => {
    // a failure is counted at the end of the step: until then, code may catch it
    if (more.reason === "ignored") host.count("ignored");
    else if (status !== "failed") host.count(status);
    const made = run.changed === false ? [] : run.changes;
    const changes = hidden ? made.slice(0, 1).map(() => ({ what: hiddenText })) : made.map(shownChange);
    emit({
      type: "task:end",
      ...where,
      status,
      changes,
      seconds: (performance.now() - started) / 1000,
      ...more,
    });
  };

  host.leases?.earlierHandlers.name({ play: context.play, by: shownLabel(task, hidden) }, handlersOf(run));
  emit({ type: "task:start", ...where });
  hooks.onTaskStart?.(run);
  try {
    // fetched here, where waiting for a secret's command holds up this host only, and an interrupt ends it
    const secrets = fetchSecrets([task.params, run.executionEnvironment], host.run.signal);
    if (secrets !== undefined) await secrets;
    expectMade(context);
    const outcome = shownOutcome(run, await withRetries(run));
    noteFurtherReads(run);
    end(outcome.status, "unknown" in outcome.value ? { reason: outcome.value.unknown } : {});
    if (task.message !== undefined && !hidden)
      emit({ type: "message", host: host.info.name, text: task.message });
    return resultOf(run, outcome);
  } catch (error) {
    const failure = shownFailure(run, asFailure(error).at(task.location));
    if (host.run.signal?.aborted) {
      end("failed", { error: cutOff(failure, run), reason: "interrupted" });
      throw failure;
    }
    const shownError = showError(failure);
    if (!isIgnored(failure, task, context)) {
      end("failed", { error: shownError });
      throw failure;
    }
    if (isLoss(failure.code)) host.session.reconnect();
    end("failed", { error: shownError, reason: "ignored" });
    return resultOf(run, { status: "failed", value: { failure } });
  }
}

function shownChange({ what, before, after, diff, stated }: Change): ShownChange {
  return { what, before, after, diff, ...(stated === undefined ? {} : { stated }) };
}

function shownFailure<V>({ hidden }: TaskRun<V>, failure: ShowrunnerError): ShowrunnerError {
  return hidden ? hiddenFailure(failure) : failure;
}

/** An outcome without hidden values: a reason may quote them. */
function shownOutcome<V>(run: TaskRun<V>, outcome: Outcome<V>): Outcome<V> {
  const { value, failure } = outcome;
  if (!run.hidden) return outcome;
  return {
    ...outcome,
    value:
      "unknown" in value
        ? { unknown: hiddenText }
        : "failure" in value
          ? { failure: hiddenFailure(value.failure) }
          : value,
    failure: failure && hiddenFailure(failure),
  };
}

/** @throws ShowrunnerError `host.lost` in a run that was interrupted: no task begins any more, on any host */
export function refuseAfterEnd({ run }: HostContext["host"]): void {
  if (run.signal?.aborted) throw new ShowrunnerError("host.lost", "the run is over");
}

/** The error for a task that was cut off by the end of its run: that is no fault of the host. */
function cutOff<V>(failure: ShowrunnerError, { detachment }: TaskRun<V>): ShownError {
  const message = detachment ? "the job goes on by itself" : "cut off";
  return { ...showError(failure), message, hint: undefined, details: [] };
}

function isIgnored({ code }: ShowrunnerError, { options }: Task<unknown>, context: HostContext): boolean {
  if (isRefusal(code)) return false;
  // where `once` is lost with its host, another host does it
  const { work, host } = context;
  const isOthers = work?.host === host && !work.hasChanged;
  if (isLoss(code)) return options.ignoreUnreachable ?? (context.ignoreUnreachable && !isOthers);
  return options.ignoreErrors === true;
}
