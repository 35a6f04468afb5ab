/** A task that reports what its plan reads and yields, and whose changes may be replaced. */
import type { Change } from "../../core/facts/change.ts";
import { ModuleTask } from "../../core/tasks/module-task.ts";
import type { Plan, PlanHost, Task } from "../../core/tasks/task.ts";
import { type FactOf, factOf } from "./beliefs.ts";

/** What was seen of a task's plan. A task may be planned several times: the changes of the last plan count. */
export interface Seen {
  readonly asked: FactOf[];
  changes: Change[];
}

/**
 * @param task the task as it would run
 * @param seen takes what its plan reads and yields
 * @param alter what is to be made instead of a change
 */
export function watchedTask<V>(
  task: Task<V>,
  seen: Seen,
  alter: (change: Change) => Change = (change) => change,
): Task<V> {
  const { module, title, params, patience, message, location, options } = task;
  const plan = (host: PlanHost): Plan<V> => watchedPlan(task.plan(watchedHost(host, seen)), seen, alter);
  return new ModuleTask({ module, title, params, patience, message, location, plan }, options);
}

function watchedHost(host: PlanHost, { asked }: Seen): PlanHost {
  return {
    name: host.name,
    address: host.address,
    fact(fact, key) {
      asked.push(factOf(fact, key));
      return host.fact(fact, key);
    },
    require: (condition, problem, hint) => host.require(condition, problem, hint),
    failed: (failure) => host.failed(failure),
  };
}

async function* watchedPlan<V>(plan: Plan<V>, seen: Seen, alter: (change: Change) => Change): Plan<V> {
  seen.changes = [];
  let answer = await plan.next({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), status: 0 });
  while (!answer.done) {
    seen.changes.push(answer.value);
    answer = await plan.next(yield alter(answer.value));
  }
  return answer.value;
}
