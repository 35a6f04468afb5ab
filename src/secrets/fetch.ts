/** Secrets that come from elsewhere, read before they are needed. */
import { isPlain } from "../base/plain.ts";
import { Secret } from "../base/secret.ts";

/**
 * Reads every secret in some data now, without blocking this process. Later, when the secret is revealed, running a
 * command or decrypting a file would block every host, and an interrupt too.
 *
 * @param signal ends the command that is being run for a secret
 * @returns when they are read; undefined where there is none
 * @throws ShowrunnerError "secret.unavailable", "interrupted"
 */
export function fetchSecrets(value: unknown, signal?: AbortSignal): Promise<void> | undefined {
  const secrets: Secret[] = [];
  collect(value, secrets);
  return secrets.length === 0 ? undefined : fetchEach(secrets, signal);
}

async function fetchEach(secrets: readonly Secret[], signal: AbortSignal | undefined): Promise<void> {
  for (const secret of secrets) await secret.fetch(signal);
}

function collect(value: unknown, secrets: Secret[]): void {
  if (value === null || typeof value !== "object") return;
  if (value instanceof Secret) secrets.push(value);
  else if (Array.isArray(value) || value instanceof Map)
    for (const item of value.values()) collect(item, secrets);
  else if (isPlain(value))
    for (const name in value) if (Object.hasOwn(value, name)) collect(value[name], secrets);
}
