/** Plans a task against facts that are given: a module's behaviour without a host. */
import { type Change, foreseen } from "../core/facts/change.ts";
import { type Fact, type FactKey, type FactValue, factKeyId } from "../core/facts/fact.ts";
import { fail } from "../core/tasks/fail.ts";
import type { PlanHost, Task } from "../core/tasks/task.ts";
import type { Output } from "../transport/transport.ts";

export interface Planned<V> {
  readonly changes: readonly Change[];
  /** What the module returns. */
  readonly value: V;
}

/** A plan reads a fact that its case does not give. */
export class NotGiven extends Error {}

export interface PlanCase {
  /** The facts of the host: `file.is("/etc/motd", { type: "absent" })`. Reading any other one is an error. */
  readonly facts: readonly FactValue[];
  /** What each change gives back, in order. Default: nothing printed, status 0. */
  readonly outputs?: readonly Partial<Output>[];
}

/**
 * Plans a task on a made-up host. What a change sets is what later reads see, as in a real plan.
 *
 * @param task what to plan
 * @param given the host's facts
 * @param changes collects the changes as they come, so that those of a plan that fails are known, too
 * @returns the changes and the module's value
 * @throws Error where the plan reads a fact that is not given, ShowrunnerError where the task fails
 *
 * @example
 * const { changes } = await planTask(file({ path: "/srv/app", state: "directory" }), { facts: [fileFact.is("/srv/app", absent)] });
 */
export async function planTask<V>(
  task: Task<V>,
  { facts, outputs = [] }: PlanCase,
  changes: Change[] = [],
): Promise<Planned<V>> {
  const values = new Map(facts.map(({ fact, key, value }) => [idOf(fact, key), value]));
  const host: PlanHost = {
    name: "test",
    address: "192.0.2.1",
    fact: async <K extends FactKey, V>(fact: Fact<K, V>, key: K): Promise<V> => {
      const id = idOf(fact.name, key);
      if (!values.has(id)) throw new NotGiven(`the case gives no fact ${fact.name} for ${factKeyId(key)}`);
      return values.get(id) as V; // made by fact.is, which has the type
    },
    require: (condition, problem, hint) => {
      if (!condition) fail(problem, hint);
    },
    failed: (failure) => {
      throw failure;
    },
  };
  const plan = task.plan(host);
  let answer = await plan.next({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), status: 0 });
  while (!answer.done) {
    const change = await foreseen(answer.value);
    changes.push(change);
    for (const { fact, key, value } of change.sets) values.set(idOf(fact, key), value);
    const output = outputs[changes.length - 1];
    answer = await plan.next({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), status: 0, ...output });
  }
  return { changes, value: answer.value };
}

/**
 * The idempotence law: planned again on the facts that its changes set, a task changes nothing.
 *
 * @throws Error naming the changes that came a second time
 */
export async function idempotenceLaw(task: Task<unknown>, given: PlanCase): Promise<void> {
  const { changes } = await planTask(task, given);
  const after = [...given.facts, ...changes.flatMap((change) => change.sets)];
  const again = await planTask(task, { ...given, facts: after });
  if (again.changes.length > 0)
    throw new Error(
      `${task.label} is not idempotent: ${again.changes.map((change) => change.what).join(", ")} again`,
    );
}

function idOf(fact: string, key: FactKey): string {
  return `${fact}\0${factKeyId(key)}`;
}
