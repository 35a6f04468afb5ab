/** Marks: by which secrets can be compared, and which tell nothing of them. */
import { createHmac, randomBytes } from "node:crypto";
import { reveal, type Secret } from "../base/secret.ts";

let key: Buffer | string = randomBytes(32);

/**
 * A mark of a secret: the same for the same value. It is keyed afresh in every process, unless a plan brings its key.
 *
 * @returns 24 hexadecimal digits
 */
export function markOf(value: string | Secret): string {
  return createHmac("sha256", key).update(reveal(value)).digest("hex").slice(0, 24);
}

/**
 * Keys the marks of this process, before the first one is made: whoever applies a plan must make the marks that the
 * planner made, or all of them would look changed.
 */
export function keyMarks(salt: string): void {
  key = salt;
}
