/** What is still to be done of a plan. */

import type { TaskRun } from "../engine/task-run.ts";
import type { PlannedChange, PlannedTask } from "./plan-schema.ts";

/** A planned task, with those of its changes that have not been made yet. */
export interface Remaining {
  readonly task: PlannedTask;
  readonly left: Set<PlannedChange>;
  /** Whether the run has come to it. */
  isMet: boolean;
  /** For an unknown task: the task of the run that does it. No second one may. */
  claimedBy?: TaskRun<unknown>;
}

/** Marks a planned change with the same action as made. */
export function takeSame({ task, left }: Remaining, action: string): boolean {
  if (task.status === "unknown") return false;
  const same = [...left].find((one) => one.action === action);
  return same !== undefined && left.delete(same);
}

/** Marks planned changes with the same result as made, where the plan was not sure of what the task would find. */
export function takeEqual({ task, left }: Remaining, sets: readonly string[]): boolean {
  if (task.status !== "likely" && task.status !== "failed") return false;
  const planned = new Set(task.changes.flatMap((one) => one.sets));
  if (sets.length === 0 || !sets.every((one) => planned.has(one))) return false;
  for (const one of left)
    if (one.sets.length > 0 && one.sets.every((set) => sets.includes(set))) left.delete(one);
  return true;
}
