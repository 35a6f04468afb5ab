import { fail, reveal, type Secret } from "../../kit/index.ts";

/** In bytes. MariaDB refuses a longer password (ERROR 1470); MySQL takes 32 bytes (ERROR 3056). */
const longest = 96;

/**
 * Checks that MariaDB can use a password for replication, where the limits are narrower than for accounts. A role that
 * makes the account calls this first: a replica would refuse the password only after the primary was changed.
 *
 * @param name how the password is called where the user gave it: `replication.password`
 * @throws ShowrunnerError with what was expected and the length that was given; never with the password
 *
 * @example
 * checkReplicationPassword("replication.password", vars.replication.password);
 */
export function checkReplicationPassword(name: string, password: string | Secret): void {
  const text = reveal(password);
  const length = Buffer.byteLength(text);
  if (length === 0 || length > longest)
    fail(
      `${name}: expected 1 to ${longest} bytes, MariaDB's limit for a replication password, got ${length}`,
      "an account may have a longer password, but no replica could log in with it",
    );
  if (/\p{Cc}/u.test(text)) fail(`${name}: expected no control characters, got one`);
  if (/[\u{10000}-\u{10ffff}]/u.test(text))
    fail(`${name}: expected characters up to U+FFFF, got one beyond, which MariaDB would keep as "?"`);
}
