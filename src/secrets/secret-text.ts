/** Secrets as texts. */

import { unavailable } from "../base/secret-unavailable.ts";
import { notUtf8 } from "../base/utf8.ts";

/**
 * Decodes bytes as text. Bytes that are not UTF-8 are refused: decoding would replace them, and alter the secret.
 *
 * @param what whose bytes they are, for the message, which never shows the bytes
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
