/** What work on another host has in common, be it delegated there or shared with it. */
import { ShowrunnerError } from "../../base/errors.ts";
import { callerLocation } from "../../base/location.ts";
import { asFailure } from "../events/failure.ts";
import type { Deferred } from "../tasks/deferred.ts";

/** The same failure, which is this host's too, with where it happened. */
export function elsewhere(where: string, error: unknown): unknown {
  if (!(error instanceof ShowrunnerError)) return error;
  const { code, message, hint, details, location } = error;
  return new ShowrunnerError(code, `${where}: ${message}`, { hint, details, location, cause: error });
}

/** For this host the step failed: another one is lost. */
export function lostFor({ location }: Deferred<unknown>, where: string, error: unknown): ShowrunnerError {
  const { message, hint, details } = asFailure(error);
  return new ShowrunnerError("task.failed", `${where}: ${message}`, {
    hint,
    details,
    cause: error,
    location,
  });
}

/** The compiler sees a body that is none; a playbook that was not compiled gets an error with its line. */
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
