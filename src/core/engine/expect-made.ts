/** Tasks that a step has made and not awaited yet: what they will ask for first can be told without asking. */
import { fetchSecrets } from "../../secrets/fetch.ts";
import { executionEnvironmentOf } from "../facts/execution-environment.ts";
import type { Fact, FactKey } from "../facts/fact.ts";
import { ModuleTask } from "../tasks/module-task.ts";
import type { PlanHost, Task } from "../tasks/task.ts";
import { becomeOf, type HostContext } from "./context.ts";

const looked = new WeakSet<object>();

/** Has what they ask for first read along with what is read next. */
export function expectMade(context: HostContext): void {
  if (!context.host.reads.isAhead) return;
  for (const made of context.unawaited) {
    if (!(made instanceof ModuleTask) || looked.has(made)) continue;
    looked.add(made);
    void lookAt(made, context).catch(() => undefined); // it will fail in its turn
  }
}

/** Plans as far as the first facts, and leaves the plan there: no value is ever given to it. */
async function lookAt(task: Task<unknown>, context: HostContext): Promise<void> {
  const { host, play, step } = context;
  const executionEnvironment = executionEnvironmentOf(task.options, context);
  const as = becomeOf(task.options, context)?.user;
  await fetchSecrets([task.params, executionEnvironment], host.run.signal);
  const planHost: PlanHost = {
    name: host.info.name,
    address: host.info.address,
    fact<K extends FactKey, V>(fact: Fact<K, V>, key: K): Promise<V> {
      host.reads.expect({ play, step }, [{ read: host.run.world.reads.of(as, fact, key), times: 1 }]);
      return new Promise(() => undefined);
    },
    require: () => undefined,
    failed: () => undefined,
  };
  await task.plan(planHost).next();
}
