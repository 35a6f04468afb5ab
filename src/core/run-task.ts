/** Runs one task on one host and reports it. Every module gets retries, check mode and the rest for nothing. */
import type { HostContext } from "./context.ts";
import type { ShownError, TaskStatus } from "./events.ts";
import { asFailure, showError } from "./failure.ts";
import type { Certainty } from "./handlers.ts";
import { withRetries } from "./retry.ts";
import { becomeOf, type Task, type TaskResult } from "./task.ts";
import { resultOf, type TaskRun } from "./task-run.ts";

/**
 * @param certainty whether the task will run at all, in a plan
 * @returns the result; in check mode its value may be unknown, and reading it then throws
 * @throws ShowrunnerError if the task failed for good
 */
export async function runTask<V>(
  task: Task<V>,
  context: HostContext,
  certainty: Certainty = "certain",
): Promise<TaskResult<V>> {
  const { host, step, roles } = context;
  const { emit } = host.run;
  const { module, title, location } = task;
  const run: TaskRun<V> = {
    task,
    context,
    shown: { id: host.run.nextTaskId(), module, title, roles, location },
    become: becomeOf(task.options, context),
    certainty,
    changes: [],
  };
  const where = { host: host.info.name, step, task: run.shown };
  const started = performance.now();
  const end = (status: TaskStatus, more: { reason?: string; error?: ShownError } = {}) => {
    // a lost host is counted as unreachable, once, by the run
    if (!more.error?.code.startsWith("host.")) host.count(status);
    const changes = run.changes.map(({ what, before, after, diff }) => ({ what, before, after, diff }));
    emit({
      type: "task:end",
      ...where,
      status,
      changes,
      seconds: (performance.now() - started) / 1000,
      ...more,
    });
  };

  emit({ type: "task:start", ...where });
  try {
    const outcome = await withRetries(run);
    end(outcome.status, "unknown" in outcome.value ? { reason: outcome.value.unknown } : {});
    if (task.message !== undefined) emit({ type: "message", host: host.info.name, text: task.message });
    return resultOf(run, outcome);
  } catch (error) {
    const failure = asFailure(error).at(task.location);
    const shownError = showError(failure);
    if (!task.options.ignoreErrors || failure.code.startsWith("host.")) {
      end("failed", { error: shownError });
      throw failure;
    }
    end("failed", { error: shownError, reason: "ignored" });
    return resultOf(run, { status: "failed", value: { unknown: failure.message } });
  }
}
