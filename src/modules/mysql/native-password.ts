import { createHash } from "node:crypto";
import { reveal, type Secret } from "../../kit/index.ts";

/**
 * What `mysql_native_password` stores for a password: `PASSWORD('…')` of MariaDB. It is computed here, so that the
 * password itself reaches no server, no process list and no binlog, which would keep it as plain text.
 */
export function nativePasswordHash(password: string | Secret): string {
  const once = createHash("sha1").update(reveal(password)).digest();
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`;
}
