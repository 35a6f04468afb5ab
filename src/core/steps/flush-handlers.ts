/** Runs the notified handlers now rather than at the play's end. */
import { contextOf } from "../engine/context.ts";
import { queueEarlierHandlers, runPendingHandlers } from "../engine/run-pending-handlers.ts";
import { Deferred } from "../tasks/deferred.ts";
import type { Scope } from "../tasks/scope.ts";

class FlushHandlers extends Deferred<void> {
  readonly label = "flushHandlers";

  protected override run(scope: Scope): Promise<void> {
    const context = contextOf(scope);
    queueEarlierHandlers(context);
    return runPendingHandlers(context);
  }
}

/**
 * Runs the handlers that are pending on this host so far, in the order of their notification.
 *
 * @example
 * await template({ src: role.template("my.cnf.ejs"), dest: "/etc/mysql/my.cnf", vars }, { notify: restart });
 * await flushHandlers(); // what follows needs the new configuration
 */
export function flushHandlers(): PromiseLike<void> {
  return new FlushHandlers();
}
