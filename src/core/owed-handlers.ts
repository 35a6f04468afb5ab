/** Runs what a host owes. */
import { type HostContext, withContext } from "./context.ts";
import { runTask } from "./run-task.ts";

/**
 * Runs every owed handler, and what those notify in turn. One that fails keeps none of the others from running.
 *
 * @throws the first failure, once all have run
 */
export async function runOwedHandlers(context: HostContext): Promise<void> {
  const failures: unknown[] = [];
  for (let owed = context.host.handlers.take(); owed; owed = context.host.handlers.take()) {
    const { task, certainty } = owed;
    await withContext(context, () => runTask(task, context, certainty)).catch((error: unknown) =>
      failures.push(error),
    );
  }
  if (failures.length > 0) throw failures[0];
}
