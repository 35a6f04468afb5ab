/** Which tasks of a step run beside others, so that their order says nothing. */

import type { HostRun } from "../engine/host-run.ts";
import type { TaskRun } from "../engine/task-run.ts";

interface Running {
  readonly runs: Set<TaskRun<unknown>>;
  /** Whether one of those that began together has ended. */
  hasEnded: boolean;
}

export class Overlaps {
  /** By the host whose step it is. */
  readonly #running = new Map<HostRun, Running>();
  readonly #beside = new WeakSet<TaskRun<unknown>>();

  /** Tasks that begin together, as in a batch, all begin in a real run before the step goes on. */
  onTaskStart(run: TaskRun<unknown>): void {
    const { runs, hasEnded } = this.#of(run);
    if (hasEnded) this.#beside.add(run);
    runs.add(run);
  }

  ended(run: TaskRun<unknown>): void {
    const running = this.#of(run);
    running.runs.delete(run);
    running.hasEnded = running.runs.size > 0;
  }

  /** Whether a task began later than another one beside which it ran, and so might have begun at another time. */
  has(run: TaskRun<unknown>): boolean {
    return this.#beside.has(run);
  }

  #of({ context: { host, origin = host } }: TaskRun<unknown>): Running {
    const running = this.#running.get(origin) ?? { runs: new Set(), hasEnded: false };
    this.#running.set(origin, running);
    return running;
  }
}
