/** One try at a task: plan, and apply each change as the plan yields it. */
import type { TaskStatus } from "../events/events.ts";
import { foreseen } from "../facts/change.ts";
import { notRun } from "../facts/unknown.ts";
import { PlanOutdated } from "../lease/host-leases.ts";
import { applyChange } from "./apply-change.ts";
import type { Planning } from "./planning.ts";
import type { Outcome, TaskRun } from "./task-run.ts";

/** Plans, and applies the changes; plans again where another run may have changed the host since. */
export async function planAndApply<V>(run: TaskRun<V>, planning: Planning): Promise<Outcome<V>> {
  const { leases } = run.context.host;
  for (;;) {
    try {
      const epoch = leases?.epoch(run.become) ?? 0;
      const plan = run.task.plan(planning);
      let answer = await plan.next(notRun);
      while (!answer.done) {
        // what holds a run to a plan is to see all of the change
        const change = run.hooks.beforeChange ? await foreseen(answer.value) : answer.value;
        const apply = () => applyChange(run, planning, change);
        answer = await plan.next(await (leases ? leases.change(run.become, epoch, apply) : apply()));
      }
      return ended(run, planning, answer.value, run.changes.length > 0 ? "changed" : "ok");
    } catch (error) {
      if (!(error instanceof PlanOutdated)) throw error;
    }
  }
}

/** A plan may return a value and also say that the task failed: the task's own conditions get both. */
export function ended<V>(run: TaskRun<V>, planning: Planning, known: V, status: TaskStatus): Outcome<V> {
  const failure = planning.takeFailure();
  const { changedWhen, failedWhen } = run.task.options;
  if (failure && changedWhen === undefined && failedWhen === undefined) throw failure;
  return { status, value: { known }, failure };
}
