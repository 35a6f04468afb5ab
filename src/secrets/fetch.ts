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
  for (const secret of secretsIn(value)) await secret.fetch(signal);
}

function* secretsIn(value: unknown): Generator<Secret> {
  if (value instanceof Secret) yield value;
  else if (Array.isArray(value) || value instanceof Map || isPlain(value))
    for (const item of value instanceof Map ? value.values() : Object.values(value)) yield* secretsIn(item);
}

function isPlain(value: unknown): value is object {
  if (value === null || typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
