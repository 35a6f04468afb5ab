/** Secrets that come from elsewhere, fetched before a run begins. */
import { Secret } from "./secret.ts";

/**
 * Fetches every secret in some data now. A command that gives one, or a file that must be decrypted, holds up all of
 * this process: in the middle of a run that would be every host, and an interrupt too. One that can't be had is an
 * error only where it is needed.
 */
export function fetchSecrets(value: unknown): void {
  if (value instanceof Secret) fetch(value);
  else if (value !== null && typeof value === "object" && !ArrayBuffer.isView(value))
    for (const item of value instanceof Map ? value.values() : Object.values(value)) fetchSecrets(item);
}

function fetch(secret: Secret): void {
  try {
    secret.reveal();
  } catch {
    // told where it is needed
  }
}
