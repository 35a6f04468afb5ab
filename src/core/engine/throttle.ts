/** Keeps a task from being at too many hosts at a time. */
import pLimit, { type LimitFunction } from "p-limit";
import type { Task } from "../tasks/task.ts";
import type { HostContext } from "./context.ts";

/**
 * Runs a body in its turn: of all hosts' tasks made at the same place, as many run at a time as the option
 * `throttle` says. An interrupted run begins none of those that wait.
 *
 * @param onWait called where its turn has not come yet
 */
export function throttled<R>(
  { options, module, location }: Task<never> | Task<unknown>,
  { host, play, step }: HostContext,
  body: () => Promise<R>,
  onWait: () => void = () => undefined,
): Promise<R> {
  const { throttle } = options;
  if (throttle === undefined) return body();
  const at = location ? `${location.file}:${location.line}:${location.column}` : "";
  const key = [play, step, module, at, throttle].join("\0");
  const queue = queueOf(host.run.throttles, key, throttle);
  if (queue.activeCount + queue.pendingCount >= throttle) onWait();
  return queue(() => {
    host.run.signal?.throwIfAborted();
    // a task that takes turns with other hosts may rely on what it has done there
    host.facts.meetOthers();
    return body();
  });
}

/** The queue of that key. @param most how many of it run at a time */
export function queueOf(queues: Map<string, LimitFunction>, key: string, most: number): LimitFunction {
  const queue = queues.get(key) ?? pLimit(most);
  queues.set(key, queue);
  return queue;
}
