/** Secrets that come from elsewhere, read before they are needed. */
import { isPlain } from "../base/plain.ts";
import { Secret } from "../base/secret.ts";

/**
 * Reads every secret in some data now, without blocking this process. Later, when the secret is revealed, running a
 * command or decrypting a file would block every host, and an interrupt too.
 *
 * @param signal ends the command that is being run for a secret
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
