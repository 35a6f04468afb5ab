/** For modules whose changes the host takes back by itself, unless a new connection confirms them. */
import { change } from "../core/facts/change.ts";
import type { Touch } from "../core/facts/fact.ts";
import { goBackScript, pendingRollback } from "../core/lease/rollbacks.ts";
import type { Plan, PlanHost } from "../core/tasks/task.ts";

/**
 * Takes back what an earlier run has changed under this name and has not confirmed, since that run has died: with
 * `yield*`, before a plan relies on anything that such a change alters. Without it the plan might find its work done,
 * and the host would take that back a few seconds later.
 *
 * @param host the plan's host
 * @param name the `name` of the module's rollbacks
 * @param touches what taking it back may alter
 *
 * @example
 * yield* finishRollback(host, "resolver", fileFacts("/etc/resolv.conf"));
 */
export async function* finishRollback(host: PlanHost, name: string, touches: readonly Touch[]): Plan<void> {
  if (!(await host.fact(pendingRollback, name))) return;
  yield change({
    what: "rollback",
    before: "an earlier run died before this was confirmed",
    after: "taken back",
    script: goBackScript(name),
    sets: [pendingRollback.is(name, false)],
    touches,
  });
}
