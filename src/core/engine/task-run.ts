/** One task on one host while it runs: the data that all its tries share. */

import { milliseconds } from "../../base/duration.ts";
import { ShowrunnerError } from "../../base/errors.ts";
import { callerLocation } from "../../base/location.ts";
import { strict } from "../../base/strict.ts";
import type { Become } from "../../transport/transport.ts";
import type { ShownTask, TaskStatus } from "../events/events.ts";
import type { Change } from "../facts/change.ts";
import { changeInEnvironment } from "../facts/change-in-environment.ts";
import type { ExecutionEnvironment } from "../facts/execution-environment.ts";
import type { Read } from "../facts/read.ts";
import { narrowed } from "../facts/stated.ts";
import { NoValue, UnknownValue } from "../facts/unknown.ts";
import type { Handler } from "../lease/handler-identity.ts";
import type { Certainty } from "../lease/handler-queue.ts";
import type { Task, TaskOptions, TaskResult } from "../tasks/task.ts";
import { becomeOf, type HostContext } from "./context.ts";
import type { Detachment } from "./detached.ts";
import { isHidden } from "./no-log.ts";
import type { FactRead } from "./planning.ts";
import { readLikely, readUnknown } from "./uncertain-results.ts";

export interface TaskRun<V> {
  readonly task: Task<V>;
  readonly context: HostContext;
  readonly hooks: TaskHooks;
  readonly shown: ShownTask;
  readonly become: Become | undefined;
  readonly executionEnvironment: ExecutionEnvironment;
  /** Set where the task runs in the background. */
  readonly detachment: Detachment | undefined;
  /** Whether the task's values are hidden: see noLog. */
  readonly hidden: boolean;
  /** Whether the task will run at all: a handler may be notified by what is only likely. */
  readonly certainty: Certainty;
  /** The changes of all tries together, made or predicted: what a failed try has changed stays changed. */
  readonly changes: Change[];
  /** What it has read once it knew something. */
  readonly furtherReads: Read[];
  /** The handlers that were written down before it is known whether `changedWhen` holds. */
  readonly writtenAhead: Handler[];
  /** Whether a change was begun: nobody knows how far a failed one came. */
  attempted: boolean;
  /** What the task's `changedWhen` has said of all tries together; undefined where it has none. */
  changed: boolean | undefined;
}

/** Called while tasks run. */
export interface TaskHooks {
  /** Called when a task begins. */
  onTaskStart?(task: TaskRun<unknown>): void;
  /**
   * Called when a task was planned in check mode.
   *
   * @param reads the facts that the task was planned from
   * @param outcome undefined where the task failed
   */
  onTaskPlanned?(
    task: TaskRun<unknown>,
    reads: readonly FactRead[],
    outcome: Outcome<unknown> | undefined,
  ): void;
  /**
   * Called before a change is made.
   *
   * @throws ShowrunnerError to refuse the change: it is then not made, and its host fails
   */
  beforeChange?(task: TaskRun<unknown>, change: Change): void;
}

/** The handlers that a task would notify. Two that do the same as the same user are one, however that user is named. */
export function handlersOf<V>({ task, context }: Pick<TaskRun<V>, "task" | "context">): readonly Handler[] {
  return task.handlers.map((handler) => ({
    task: handler,
    become: becomeOf(handler.options, context),
    hidden: isHidden(handler.options, context),
  }));
}

/** Whether anything was changed, or would be; where the author has said so by `changedWhen`, that counts. */
export function hasChanged<V>({ changed, changes }: TaskRun<V>): boolean {
  return changed ?? changes.length > 0;
}

/** Whether anything was changed, or may have been by a change that failed. */
export function mayHaveChanged<V>({ changes, attempted }: TaskRun<V>): boolean {
  return changes.length > 0 || attempted;
}

/** A change as it is really made: in the task's execution environment, and with the `touches` that its author gave. */
export function changeOf<V>({ task, executionEnvironment }: TaskRun<V>, planned: Change): Change {
  return narrowed(changeInEnvironment(planned, executionEnvironment), task.options.touches);
}

const defaultTimeout = milliseconds("30m");

/** How long each command of a task may take, in milliseconds. */
export function timeoutOf({ timeout }: Pick<TaskOptions, "timeout">): number {
  return timeout === undefined ? defaultTimeout : milliseconds(timeout);
}

/** How one try ended. */
export interface Outcome<V> {
  readonly status: TaskStatus;
  readonly value:
    | { readonly known: V }
    | { readonly unknown: string }
    /** The task failed before it had a value. */
    | { readonly failure: ShowrunnerError };
  /** Why the task failed, for its `failedWhen`; in a plan, why it may fail. */
  readonly failure?: ShowrunnerError | undefined;
}

/**
 * The result that the user's code gets. What code does after it has read an uncertain result is uncertain, too: reading an
 * unknown result ends the step's plan, and after reading a likely one the step's plan is likely.
 */
export function resultOf<V>(run: TaskRun<V>, { status, value, failure }: Outcome<V>): TaskResult<V> {
  const { task, context } = run;
  const label = () => task.labelFor(run.hidden);
  const changed = hasChanged(run);
  const noted = <T>(read: T): T => {
    if (status === "likely") readLikely(context);
    return read;
  };
  const plain: TaskResult<V> = {
    status,
    get changed() {
      if (status === "unknown")
        throw readUnknown(
          run,
          `whether ${label()} changes anything is unknown`,
          "unknown" in value ? value.unknown : "what it depends on is not certain",
        );
      return noted(changed);
    },
    get failed() {
      if (status === "unknown" && failure)
        throw readUnknown(run, `whether ${label()} fails is unknown`, failure.message);
      return status === "failed";
    },
    get value() {
      if ("known" in value) return noted(value.known);
      if ("failure" in value) throw noValue(label(), value.failure);
      throw readUnknown(run, `what ${label()} gives is unknown`, value.unknown);
    },
  };
  const result = withoutGuesses(label, plain);
  if ("known" in value) values.set(result, value.known);
  return result;
}

function withoutGuesses<V>(label: () => string, result: TaskResult<V>): TaskResult<V> {
  return strict(result, Object.keys(result), {
    code: "playbook.invalid",
    what: () => `the result of ${label()}`,
    hint: (name) => `what a module gives is in the result's value: result.value.${name}`,
  });
}

const values = new WeakMap<TaskResult<unknown>, unknown>();

/** A result's value, or undefined where it is not known. Not for a step's code: what that reads must be noted. */
export function valueIfKnown(result: TaskResult<unknown>): unknown {
  return values.get(result);
}

function noValue(label: string, { message, details }: ShowrunnerError): ShowrunnerError {
  return new ShowrunnerError("task.failed", `${label} failed, so it gives nothing: ${message}`, {
    details,
    location: callerLocation(),
    hint: "look first whether the result has `failed`",
  });
}

/** The result that the task's own conditions get: reading it makes nothing uncertain. */
export function resultForConditions<V>(
  run: TaskRun<V>,
  { status, value, failure }: Outcome<V>,
): TaskResult<V> {
  return withoutGuesses(() => run.task.labelFor(run.hidden), {
    status: failure === undefined ? status : "failed",
    changed: mayHaveChanged(run),
    failed: failure !== undefined,
    get value() {
      if ("known" in value) return value.known;
      throw "unknown" in value ? new UnknownValue(value.unknown) : new NoValue(value.failure.message);
    },
  });
}
