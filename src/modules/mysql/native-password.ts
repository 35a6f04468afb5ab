import { createHash } from "node:crypto";
import { reveal, type Secret } from "../../kit/index.ts";

/**
 * What `mysql_native_password` stores for a password: `PASSWORD('…')` of MariaDB. Computed here, so that the
 * password itself goes to no server, no process list and no binlog (which would keep it in the clear).
 */
export function nativePasswordHash(password: string | Secret): string {
  const once = createHash("sha1").update(reveal(password)).digest();
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`;
}
