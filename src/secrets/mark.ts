/** Marks of secrets: secrets can be compared by them, and they tell nothing else of the secrets. */
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
 * Sets the key of this process's marks, before the first mark is made. A run that applies a plan must make the same
 * marks as the run that planned, or every secret would look changed.
 */
export function keyMarks(salt: string): void {
  key = salt;
}
