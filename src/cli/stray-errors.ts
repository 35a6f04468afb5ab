/** Errors that nobody caught: those of a promise that a playbook left behind, mostly. */
import { exitCode, ShowrunnerError } from "../base/errors.ts";
import { asFailure } from "../core/events/failure.ts";
import { printError } from "./print-error.ts";

const listeners = new Set<() => void>();
let seen = false;

/**
 * Shows them like any other error, clean of secrets, where Node.js would print them as they are and end at once.
 * What runs is ended in good order first.
 */
export function catchStrayErrors(): void {
  process.on("uncaughtException", (error, origin) => {
    seen = true;
    printError(explained(error, origin));
    if (listeners.size === 0) process.exit(exitCode.error);
    for (const listener of listeners) listener();
  });
}

/**
 * Has something done when an error was caught by nobody. As long as there is a listener, the process goes on.
 *
 * @returns how to stop listening
 */
export function onStrayError(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Whether there was one: then nothing went well, whatever else is said. */
export function hadStrayError(): boolean {
  return seen;
}

function explained(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): unknown {
  const failure = asFailure(error);
  // without a line of the user's it is a mistake of ours
  if (failure.location === undefined && !(error instanceof ShowrunnerError)) return error;
  const { code, details, location, hint } = failure;
  const message =
    listeners.size === 0 ? failure.message : `an uncaught error ends the run: ${failure.message}`;
  return new ShowrunnerError(code, message, {
    details,
    location,
    hint:
      hint ??
      (origin === "unhandledRejection"
        ? "no code waited for the promise that failed: await the promise where it is made"
        : "the error was thrown in a timer or a callback, where no code could catch it"),
  });
}
