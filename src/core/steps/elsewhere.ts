/** What delegated work (`on`) and shared work (`once`) on another host have in common. */
import { ShowrunnerError } from "../../base/errors.ts";
import { callerLocation } from "../../base/location.ts";
import { asFailure } from "../events/failure.ts";
import type { Deferred } from "../tasks/deferred.ts";

/** The same failure as a failure of this host, with the host on which it happened. */
export function elsewhere(where: string, error: unknown): unknown {
  if (!(error instanceof ShowrunnerError)) return error;
  const { code, message, hint, details, location } = error;
  return new ShowrunnerError(code, `${where}: ${message}`, { hint, details, location, cause: error });
}

/** This host's step fails because another host is lost. */
export function lostFor({ location }: Deferred<unknown>, where: string, error: unknown): ShowrunnerError {
  const { message, hint, details } = asFailure(error);
  return new ShowrunnerError("task.failed", `${where}: ${message}`, {
    hint,
    details,
    cause: error,
    location,
  });
}

/** For playbooks that were not compiled: an error with its line for a body that is no function. */
export function requireBody(call: string, body: unknown): void {
  if (typeof body === "function") return;
  throw new ShowrunnerError(
    "params.invalid",
    `${call}: expected an asynchronous function as body, got ${typeof body}`,
    {
      location: callerLocation(),
    },
  );
}
