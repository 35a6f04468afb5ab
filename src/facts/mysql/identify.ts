import { createHmac, randomBytes } from "node:crypto";
import { reveal, type Secret } from "../../secrets/secret.ts";

const key = randomBytes(32);

/**
 * A mark by which secrets can be compared, and which tells nothing of them: it is keyed afresh in every process.
 * Facts hold marks where the server holds passwords or their hashes.
 */
export function identify(value: string | Secret): string {
  return createHmac("sha256", key).update(reveal(value)).digest("hex").slice(0, 24);
}
