/** Runs a task once on a host, and reports the outcome. */
import type { TaskStatus } from "../../core/events/events.ts";
import type { Change } from "../../core/facts/change.ts";
import type { Task } from "../../core/tasks/task.ts";
import type { FactOf } from "./beliefs.ts";
import type { LawHost } from "./law-host.ts";
import { type Seen, watchedTask } from "./watched-task.ts";

export interface Attempt extends Seen {
  readonly status: TaskStatus | undefined;
  /** Why it failed. */
  readonly error: unknown;
  /** What `after` found. */
  readonly wrong: readonly string[];
}

export interface AttemptOptions {
  readonly check?: boolean;
  /** Facts that the run reads before. */
  readonly before?: () => PromiseLike<void>;
  /** Called with the run afterwards, if the task has not failed. */
  readonly after?: () => PromiseLike<string[]>;
  /** What is made instead of a change. */
  readonly alter?: (change: Change) => Change;
}

export async function attempt(
  host: LawHost,
  task: Task<unknown>,
  { check = false, before, after, alter }: AttemptOptions = {},
): Promise<Attempt> {
  const asked: FactOf[] = [];
  const seen: Seen = { asked, changes: [] };
  const watched = watchedTask(task, seen, alter);
  let error: unknown;
  let status: TaskStatus | undefined;
  let wrong: readonly string[] = [];
  const { failure } = await host.run(
    async () => {
      await before?.();
      try {
        ({ status } = await watched);
      } catch (thrown) {
        error = thrown;
        return;
      }
      if (after) wrong = await after();
    },
    { check },
  );
  return { ...seen, status, error: error ?? failure, wrong };
}
