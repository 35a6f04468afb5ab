/** How a replica's connection is encrypted if its task leaves that to the servers. Pure. */
import type { Replica } from "../../facts/mysql/replica.ts";
import type { Source } from "../../facts/mysql/source.ts";

type Encryption = Replica["tls"];

export const unencrypted: Encryption = { enabled: false, ca: "", cert: "", key: "", verify: false };

/** Without any files: the replica verifies its primary through the account's password. */
const byPassword: Encryption = { ...unencrypted, enabled: true, verify: true };

/** From MariaDB 11.4 on a server makes its own certificate, and a replica encrypts unless told otherwise. */
function encryptsByItself(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 11 || (major === 11 && minor >= 4);
}

/** Whether these settings are the servers' own, and nobody has asked for them. */
export function isByItself({ enabled, ca, cert, key, verify }: Encryption, version: string): boolean {
  if (ca !== "" || cert !== "" || key !== "") return false;
  return !enabled || (verify && encryptsByItself(version));
}

/**
 * What the servers do by themselves. Settings that nobody has asked for and that work stay as they are.
 *
 * @param now undefined for a replica that is to be set up
 * @param version the replica's own
 * @param source undefined where the primary could not be asked
 * @param tlsOnly whether the primary lets the account in only over TLS
 */
export function byItself(
  now: Encryption | undefined,
  version: string,
  source: (Source & { reached: true }) | undefined,
  tlsOnly = false,
): Encryption {
  const works = encryptsByItself(version) && (!source || (source.tls && encryptsByItself(source.version)));
  const own = works ? byPassword : unencrypted;
  if (!now || !isByItself(now, version)) return own;
  if (now.enabled) return works ? now : own;
  return tlsOnly ? own : now;
}
