import { fail, reveal, type Secret } from "../../kit/index.ts";

/** In bytes. MariaDB refuses a longer one (ERROR 1470); MySQL takes 32 (ERROR 3056). */
const longest = 96;

/**
 * Checks that MariaDB can keep a password for replication, which has narrower limits than an account's. A role that
 * makes the account calls it first: a replica would refuse the password only after the primary was changed.
 *
 * @param name how the password is called where the user gave it: `replication.password`
 * @throws ShowrunnerError with what was expected and the length that came; never with the password
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
      "an account may have a longer one, but no replica could log in with it",
    );
  if (/\p{Cc}/u.test(text)) fail(`${name}: expected no control characters, got one`);
  if (/[\u{10000}-\u{10ffff}]/u.test(text))
    fail(`${name}: expected characters up to U+FFFF, got one beyond, which MariaDB would keep as "?"`);
}
