/** A task that reports what its plan reads and yields, and whose changes may be replaced. */
import type { Change, Description } from "../../core/facts/change.ts";
import { ModuleTask } from "../../core/tasks/module-task.ts";
import type { Plan, PlanHost, Task } from "../../core/tasks/task.ts";
import { type FactOf, factOf } from "./beliefs.ts";

/**
 * What was seen of a task's plan. A task may be planned several times: the changes of the last plan count, except for
 * those that the host refused before anything was done.
 */
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
    answer = await plan.next(yield alter(watchedChange(answer.value, seen)));
  }
  return answer.value;
}

/** The change as it is seen: one that tells what it does is seen with that. */
function watchedChange(change: Change, { changes }: Seen): Change {
  const at = changes.push(change) - 1;
  const { tells } = change;
  if (!tells) return change;
  const see = (known: Description): Description => {
    changes[at] = { ...change, ...known };
    return known;
  };
  return {
    ...change,
    tells: {
      async ahead() {
        try {
          return see(await tells.ahead());
        } catch (error) {
          changes.splice(at, 1);
          throw error;
        }
      },
      told: (lines) => see(tells.told(lines)),
    },
  };
}
