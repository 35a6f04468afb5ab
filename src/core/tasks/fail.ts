/** How a module, a role or a step says that it can't go on. */
import { ShowrunnerError } from "../../base/errors.ts";
import { callerLocation } from "../../base/location.ts";

/**
 * Fails the current task or step with a message for the user.
 *
 * @throws ShowrunnerError `task.failed`, always
 */
export function fail(message: string, hint?: string): never {
  throw new ShowrunnerError("task.failed", message, { hint, location: callerLocation() });
}
