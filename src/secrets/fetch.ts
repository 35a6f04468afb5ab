/** Secrets that come from elsewhere, read before they are needed. */
import { Secret } from "../base/secret.ts";

/**
 * Reads every secret in some data now, while this process goes on: revealed later, a command that gives one, or a file
 * that must be decrypted, would hold up every host, and an interrupt too.
 *
 * @param signal ends what is being run for one
 * @throws ShowrunnerError "secret.unavailable", "interrupted"
 */
export async function fetchSecrets(value: unknown, signal?: AbortSignal): Promise<void> {
  const secrets: Secret[] = [];
  collect(value, secrets);
  for (const secret of secrets) await secret.fetch(signal);
}

function collect(value: unknown, secrets: Secret[]): void {
  if (value === null || typeof value !== "object") return;
  if (value instanceof Secret) secrets.push(value);
  else if (Array.isArray(value) || value instanceof Map || isPlain(value))
    for (const item of value instanceof Map ? value.values() : Object.values(value)) collect(item, secrets);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
