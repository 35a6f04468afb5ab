/** Secrets as texts. */

import { unavailable } from "../base/secret-unavailable.ts";
import { notUtf8 } from "../base/utf8.ts";

/**
 * The text of bytes. Other bytes than those of UTF-8 would be replaced, and the secret be another one.
 *
 * @param what whose bytes they are, for the message; of the bytes themselves none is told
 * @throws ShowrunnerError "secret.unavailable"
 */
export function secretText(bytes: Buffer, what: string): string {
  const bad = notUtf8(bytes);
  if (bad === undefined) return bytes.toString("utf8");
  throw unavailable(
    `${what} is not UTF-8 in line ${bad.line}`,
    "Save a text as UTF-8; of what is no text, keep the base64.",
  );
}
