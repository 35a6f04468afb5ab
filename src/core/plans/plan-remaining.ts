/** What of a plan is still to be done. */

import type { TaskRun } from "../engine/task-run.ts";
import type { PlannedChange, PlannedTask } from "./plan-schema.ts";

/** A planned task, with what of it has not been made yet. */
export interface Remaining {
  readonly task: PlannedTask;
  readonly left: Set<PlannedChange>;
  /** Whether the run has come to it. */
  isMet: boolean;
  /** Who does what was unknown: two tasks are not one. */
  claimedBy?: TaskRun<unknown>;
}

/** Takes a planned change that does the very same. */
export function takeSame({ task, left }: Remaining, action: string): boolean {
  if (task.status === "unknown") return false;
  const same = [...left].find((one) => one.action === action);
  return same !== undefined && left.delete(same);
}

/** Where the plan was not sure of what it would find, what counts is what holds afterwards. */
export function takeEqual({ task, left }: Remaining, sets: readonly string[]): boolean {
  if (task.status !== "likely" && task.status !== "failed") return false;
  const planned = new Set(task.changes.flatMap((one) => one.sets));
  if (sets.length === 0 || !sets.every((one) => planned.has(one))) return false;
  for (const one of left)
    if (one.sets.length > 0 && one.sets.every((set) => sets.includes(set))) left.delete(one);
  return true;
}
