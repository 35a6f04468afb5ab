/** Keeps a task from being at too many hosts at a time. */
import pLimit, { type LimitFunction } from "p-limit";
import { ShowrunnerError } from "../base/errors.ts";
import type { Task } from "../tasks/task.ts";
import type { HostContext } from "./context.ts";

/**
 * Runs a body in its turn: of all hosts' tasks made at the same place, as many run at a time as the option
 * `throttle` says.
 *
 * @throws ShowrunnerError `params.invalid` where that is not a whole number above 0
 */
export async function throttled<R>(
  { options, module, location }: Task<never> | Task<unknown>,
  { host, play, step }: HostContext,
  body: () => Promise<R>,
): Promise<R> {
  const { throttle } = options;
  if (throttle === undefined) return body();
  if (!Number.isInteger(throttle) || throttle < 1)
    throw new ShowrunnerError(
      "params.invalid",
      `throttle: expected a whole number above 0, got ${throttle}`,
      {
        location,
      },
    );
  const at = location ? `${location.file}:${location.line}:${location.column}` : "";
  const key = [play, step, module, at, throttle].join("\0");
  return queueOf(host.run.throttles, key, throttle)(body);
}

function queueOf(queues: Map<string, LimitFunction>, key: string, throttle: number): LimitFunction {
  const queue = queues.get(key) ?? pLimit(throttle);
  queues.set(key, queue);
  return queue;
}
