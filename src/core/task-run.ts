/** One task on one host, while it runs: what its tries share. */
import type { Become } from "../transport/transport.ts";
import type { Change } from "./change.ts";
import type { HostContext } from "./context.ts";
import type { ShownTask, TaskStatus } from "./events.ts";
import type { Certainty } from "./handlers.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Task, TaskResult } from "./task.ts";
import { UnknownValue } from "./unknown.ts";

export interface TaskRun<V> {
  readonly task: Task<V>;
  readonly context: HostContext;
  readonly shown: ShownTask;
  readonly become: Become | undefined;
  readonly surroundings: Surroundings;
  /** Whether the task will run at all: a handler may be notified by what is only likely. */
  readonly certainty: Certainty;
  /** What was changed, or would be, by all tries together: what a failed try changed stays changed. */
  readonly changes: Change[];
}

/** How one try ended. */
export interface Outcome<V> {
  readonly status: TaskStatus;
  readonly value: { readonly known: V } | { readonly unknown: string };
}

/**
 * What the user's code gets. Code that asks an uncertain result which way to go makes what follows uncertain, too:
 * reading one that is unknown ends the step's plan, and after reading a likely one the step's plan is likely.
 */
export function resultOf<V>({ context, changes }: TaskRun<V>, { status, value }: Outcome<V>): TaskResult<V> {
  const changed = changes.length > 0;
  const noted = <T>(read: T): T => {
    if (status === "likely") context.doubt.read = true;
    return read;
  };
  return {
    status,
    get changed() {
      if (status === "unknown") throw new UnknownValue("whether it changes anything is unknown");
      return noted(changed);
    },
    failed: status === "failed",
    get value() {
      if ("known" in value) return noted(value.known);
      throw new UnknownValue(value.unknown);
    },
  };
}
