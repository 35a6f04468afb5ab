/** Which of a plan's tasks a task is. */

import { digestOf } from "../../base/digest.ts";
import { projectRoot } from "../../base/project.ts";
import { redact } from "../../base/secret.ts";
import type { TaskRun } from "../engine/task-run.ts";
import type { PlannedTask } from "./plan-schema.ts";

/**
 * Whether a task is the planned one: the same module, with the same title, at the same place (play, step, roles). Lines
 * don't count, since they move.
 */
export function isPlanned(planned: PlannedTask, run: TaskRun<unknown>): boolean {
  const { host, origin } = run.context;
  const by = origin && origin !== host ? origin.info.name : undefined;
  return planned.host === host.info.name && planned.by === by && isPlannedSomewhere(planned, run);
}

/** The same, whichever host the task was planned on. */
export function isPlannedSomewhere(planned: PlannedTask, { context, shown }: TaskRun<unknown>): boolean {
  const { play, step, isHandler = false } = context;
  // where a step fails, its handlers run only at the play's end
  const sameStep = planned.step === step || isHandler;
  return (
    sameStep &&
    (planned.handler ?? false) === isHandler &&
    planned.play === play &&
    planned.module === shown.module &&
    planned.title === redact(shown.title) &&
    planned.roles.join("\0") === shown.roles.join("\0")
  );
}

/** Whether a task belongs to a step of a host, wherever it is done. */
export function isOfStep(
  { host, by = host, play, step }: PlannedTask,
  of: { readonly host: string; readonly play: string; readonly step: string },
): boolean {
  return by === of.host && play === of.play && step === of.step;
}

/** @returns the same digest for a task with the same parameters, wherever the project lies */
export function paramsDigest(salt: string, { task, executionEnvironment }: TaskRun<unknown>): string {
  const options = Object.entries(task.options).filter(
    ([name, value]) => name !== "notify" && typeof value !== "function",
  );
  const told = [task.params, Object.fromEntries(options), executionEnvironment];
  return digestOf(salt, relative(told, `${projectRoot()}/`));
}

function relative(value: unknown, root: string): unknown {
  if (typeof value === "string") return value.startsWith(root) ? value.slice(root.length) : value;
  if (Array.isArray(value)) return value.map((item) => relative(item, root));
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, relative(item, root)]));
}
