/** Secrets that come from elsewhere, fetched before a run begins. */
import { Unanswered } from "./prompt.ts";
import { Secret } from "./secret.ts";

/**
 * Fetches every secret in some data now. A command that gives one, or a file that must be decrypted, holds up all of
 * this process: in the middle of a run that would be every host, and an interrupt too. One that can't be had is an
 * error only where it is needed, unless somebody was asked for it and did not answer.
 *
 * @throws ShowrunnerError "secret.unavailable" for a question that was not answered
 */
export function fetchSecrets(value: unknown): void {
  if (value instanceof Secret) fetch(value);
  else if (Array.isArray(value) || value instanceof Map || isPlain(value))
    for (const item of value instanceof Map ? value.values() : Object.values(value)) fetchSecrets(item);
}

function fetch(secret: Secret): void {
  try {
    secret.reveal();
  } catch (error) {
    if (error instanceof Unanswered) throw error;
    // else it is told where it is needed
  }
}

function isPlain(value: unknown): value is object {
  if (value === null || typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
