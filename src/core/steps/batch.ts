/** Tasks of one host that are planned together and applied in their order. */
import { ShowrunnerError } from "../../base/errors.ts";
import { callerLocation } from "../../base/location.ts";
import { whatItIs } from "../../base/what-it-is.ts";
import { becomeOf, contextOf, type HostContext } from "../engine/context.ts";
import { onWaiting } from "../engine/plan-ahead.ts";
import { Planning } from "../engine/planning.ts";
import { foreseen } from "../facts/change.ts";
import { executionEnvironmentOf } from "../facts/execution-environment.ts";
import type { FactSubject } from "../facts/fact.ts";
import type { ExpectedRead, Read } from "../facts/read.ts";
import { Deferred } from "../tasks/deferred.ts";
import { ModuleTask } from "../tasks/module-task.ts";
import type { Scope } from "../tasks/scope.ts";
import type { Task, TaskResult } from "../tasks/task.ts";

/** The results of a batch, as a tuple in the tasks' order. */
export type BatchResult<T extends readonly Task<unknown>[]> = {
  readonly [I in keyof T]: T[I] extends Task<infer V> ? TaskResult<V> : never;
};

/**
 * Plans tasks together, so that where nothing differs all their facts are read in one round trip; then applies
 * them one by one, in order. A task that follows a change reads again what that change may have altered.
 *
 * @param tasks the tasks, in the order in which they must be applied
 * @returns the results, typed as a tuple
 *
 * @example
 * const [packages, motd] = await batch([apt({ name: "curl" }), copy({ dest: "/etc/motd", content: "hello\n" })]);
 */
export function batch<const T extends readonly Task<unknown>[]>(tasks: T): Batch<T> {
  requireTasks(tasks);
  return new Batch(tasks);
}

/** For playbooks that were not compiled: an error with its line for what is no task. */
function requireTasks(tasks: unknown): void {
  const wrong = [tasks].flat().filter((task) => !(task instanceof ModuleTask));
  if (Array.isArray(tasks) && wrong.length === 0) return;
  throw new ShowrunnerError(
    "params.invalid",
    `batch: expected a list of tasks, got ${Array.isArray(tasks) ? "one with " : ""}${whatItIs(Array.isArray(tasks) ? wrong[0] : tasks)}`,
    {
      location: callerLocation(),
      hint: "batch([apt({ … }), copy({ … })]); roles and batches are awaited one by one",
    },
  );
}

/** Tasks of a host that are planned together: what `batch` gives, to be awaited. */
export class Batch<const T extends readonly Task<unknown>[]> extends Deferred<BatchResult<T>> {
  /** Its tasks are awaited one by one, as by code of the step. */
  protected override readonly isCode = true;
  readonly tasks: T;
  readonly label: string;

  constructor(tasks: T) {
    super();
    this.tasks = tasks;
    this.label = `batch of ${tasks.length} tasks`;
    for (const task of tasks) task.claim();
  }

  protected override async run(scope: Scope): Promise<BatchResult<T>> {
    const context = contextOf(scope);
    const left = new Set<Task<unknown>>(this.tasks);
    const { reads } = context.host;
    let isFirst = true;
    const stop = onWaiting(context, async () => {
      // what earlier runs have read comes with the first request, and mostly that is all: then nothing is planned twice
      if (isFirst && reads.isRecalled(context)) {
        setImmediate(() => {
          isFirst = false; // by now the request has left
        });
        return;
      }
      stop();
      const planned = await Promise.all([...left].map((task) => prefetch(task, context)));
      reads.expect(context, counted(planned.flat()));
    });
    const results: TaskResult<unknown>[] = [];
    try {
      for (const task of this.tasks) {
        results.push(await task);
        left.delete(task);
      }
    } finally {
      stop();
    }
    return asTuple<T>(results);
  }
}

/**
 * Plans up to the first change and drops the plan: what it reads is then known when the task runs.
 *
 * @returns what it reads
 */
async function prefetch(task: Task<unknown>, context: HostContext): Promise<readonly Read[]> {
  const reads: Read[] = [];
  try {
    const planning = new Planning(context.host, becomeOf(task.options, context), {
      refuse: refuseWorld,
      executionEnvironment: executionEnvironmentOf(task.options, context),
      onRead: ({ read }) => reads.push(read),
    });
    const plan = task.plan(planning);
    const { done, value } = await plan.next();
    if (!done && context.host.run.options.check) await foreseen(value);
    await plan.return(undefined);
  } catch {
    // the task will fail again in its turn, and is reported then
  }
  return reads;
}

/** A fact that several tasks read is read again after each change until the last of them has asked. */
function counted(reads: readonly Read[]): readonly ExpectedRead[] {
  const found = new Map<Read, number>();
  for (const read of reads) found.set(read, (found.get(read) ?? 0) + 1);
  return [...found].map(([read, times]) => ({ read, times }));
}

/** An answer of the world may differ once the tasks before have been applied, so it is not asked for early. */
function refuseWorld({ about }: { readonly about: FactSubject }): void {
  if (about === "world") throw new Error("asked when its turn comes");
}

/** One result a task, in order: that is what makes the array the tuple. */
function asTuple<T extends readonly Task<unknown>[]>(results: readonly TaskResult<unknown>[]): BatchResult<T>;
function asTuple(results: readonly TaskResult<unknown>[]): readonly TaskResult<unknown>[] {
  return results;
}
