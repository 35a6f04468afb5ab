/** One task on one host, while it runs: what its tries share. */

import { milliseconds } from "../../base/duration.ts";
import { ShowrunnerError } from "../../base/errors.ts";
import { callerLocation } from "../../base/location.ts";
import { strict } from "../../base/strict.ts";
import type { Become } from "../../transport/transport.ts";
import type { ShownTask, TaskStatus } from "../events/events.ts";
import type { Change } from "../facts/change.ts";
import { changeInEnvironment } from "../facts/change-in-environment.ts";
import type { ExecutionEnvironment } from "../facts/execution-environment.ts";
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
  /** Where it runs in the background. */
  readonly detachment: Detachment | undefined;
  /** Whether nothing of its values is to be said: see noLog. */
  readonly hidden: boolean;
  /** Whether the task will run at all: a handler may be notified by what is only likely. */
  readonly certainty: Certainty;
  /** What was changed, or would be, by all tries together: what a failed try changed stays changed. */
  readonly changes: Change[];
  /** The handlers that were written down before it is known whether `changedWhen` holds. */
  readonly writtenAhead: Handler[];
  /** Whether a change was begun: of one that failed nobody knows how far it came. */
  attempted: boolean;
  /** What the task's `changedWhen` makes of all tries together; undefined where it has none. */
  changed: boolean | undefined;
}

/** Who looks on while tasks run, and may object. */
export interface TaskHooks {
  /** A task begins. */
  onTaskStart?(task: TaskRun<unknown>): void;
  /**
   * A task was planned in check mode.
   *
   * @param reads the facts it was planned from
   * @param outcome undefined where it failed
   */
  onTaskPlanned?(
    task: TaskRun<unknown>,
    reads: readonly FactRead[],
    outcome: Outcome<unknown> | undefined,
  ): void;
  /**
   * A change is about to be made.
   *
   * @throws ShowrunnerError where it must not be: it is then not made, and its host fails
   */
  beforeChange?(task: TaskRun<unknown>, change: Change): void;
}

/** Whom a task would notify. Two that would do the same as the same user are one, however that user was said. */
export function handlersOf<V>({ task, context }: Pick<TaskRun<V>, "task" | "context">): readonly Handler[] {
  return task.handlers.map((handler) => ({
    task: handler,
    become: becomeOf(handler.options, context),
    hidden: isHidden(handler.options, context),
  }));
}

/** Whether anything was changed, or would be, as far as the task's author is concerned. */
export function hasChanged<V>({ changed, changes }: TaskRun<V>): boolean {
  return changed ?? changes.length > 0;
}

/** Whether anything was changed, or may have been by a change that failed. */
export function mayHaveChanged<V>({ changes, attempted }: TaskRun<V>): boolean {
  return changes.length > 0 || attempted;
}

/** What a task's plan yields, as it is made: in the task's surroundings, and with what its author says that it touches. */
export function changeOf<V>({ task, executionEnvironment }: TaskRun<V>, planned: Change): Change {
  return narrowed(changeInEnvironment(planned, executionEnvironment), task.options.touches);
}

const defaultTimeout = "30m";

/** How long each command of a task may take, in milliseconds. */
export function timeoutOf({ timeout = defaultTimeout }: Pick<TaskOptions, "timeout">): number {
  return milliseconds(timeout);
}

/** How one try ended. */
export interface Outcome<V> {
  readonly status: TaskStatus;
  readonly value:
    | { readonly known: V }
    | { readonly unknown: string }
    /** It failed before it had one. */
    | { readonly failure: ShowrunnerError };
  /** Why it failed, for the task's `failedWhen` to judge; in a plan, why it may fail. */
  readonly failure?: ShowrunnerError | undefined;
}

/**
 * What the user's code gets. Code that asks an uncertain result which way to go makes what follows uncertain, too:
 * reading one that is unknown ends the step's plan, and after reading a likely one the step's plan is likely.
 */
export function resultOf<V>(run: TaskRun<V>, { status, value, failure }: Outcome<V>): TaskResult<V> {
  const { task, context } = run;
  const label = task.labelFor(run.hidden);
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
          `whether ${label} changes anything is unknown`,
          "unknown" in value ? value.unknown : "what it depends on is not certain",
        );
      return noted(changed);
    },
    get failed() {
      if (status === "unknown" && failure)
        throw readUnknown(run, `whether ${label} fails is unknown`, failure.message);
      return status === "failed";
    },
    get value() {
      if ("known" in value) return noted(value.known);
      if ("failure" in value) throw noValue(label, value.failure);
      throw readUnknown(run, `what ${label} gives is unknown`, value.unknown);
    },
  };
  const result = withoutGuesses(label, plain);
  if ("known" in value) values.set(result, value.known);
  return result;
}

function withoutGuesses<V>(label: string, result: TaskResult<V>): TaskResult<V> {
  return strict(result, Object.keys(result), {
    code: "playbook.invalid",
    what: `the result of ${label}`,
    hint: (name) => `what a module gives is in the result's value: result.value.${name}`,
  });
}

const values = new WeakMap<TaskResult<unknown>, unknown>();

/** A result's value, or undefined where it is not known. Not for a step's code: what it goes by must be noted. */
export function valueIfKnown(result: TaskResult<unknown>): unknown {
  return values.get(result);
}

function noValue(label: string, { message, details }: ShowrunnerError): ShowrunnerError {
  return new ShowrunnerError("task.failed", `${label} failed, so it gives nothing: ${message}`, {
    details,
    location: callerLocation(),
    hint: "ask whether its result has `failed` first",
  });
}

/** What the task's own conditions get: asking them makes nothing that follows uncertain. */
export function resultForConditions<V>(
  run: TaskRun<V>,
  { status, value, failure }: Outcome<V>,
): TaskResult<V> {
  return withoutGuesses(run.task.labelFor(run.hidden), {
    status: failure === undefined ? status : "failed",
    changed: mayHaveChanged(run),
    failed: failure !== undefined,
    get value() {
      if ("known" in value) return value.known;
      throw "unknown" in value ? new UnknownValue(value.unknown) : new NoValue(value.failure.message);
    },
  });
}
