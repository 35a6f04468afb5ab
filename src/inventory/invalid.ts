/** The error of a wrong inventory, and the words for what was found in it. */
import { type Location, ShowrunnerError } from "../base/errors.ts";
import { redact } from "../base/secret.ts";
import { didYouMean } from "../base/suggest.ts";

/**
 * The error for a mistake in an inventory.
 *
 * @param message what is wrong, with what was expected and got
 * @param location where it is written
 * @param hint what to do next
 */
export function invalid(message: string, location: Location | undefined, hint?: string): ShowrunnerError {
  return new ShowrunnerError("inventory.invalid", message, { location, hint });
}

/**
 * The error for a key that doesn't exist.
 *
 * @example
 * unknownKey(`host "web1"`, "adress", ["address", "port"], location);
 * // host "web1": unknown key "adress" (did you mean "address"?), expected address or port
 */
export function unknownKey(
  subject: string,
  key: string,
  known: readonly string[],
  location: Location | undefined,
  hint?: string,
): ShowrunnerError {
  return invalid(
    `${subject}: unknown key "${key}"${didYouMean(key, known)}, expected ${oneOf(known)}`,
    location,
    hint,
  );
}

/** The error for a value of the wrong type. `got` is in words, mostly those of `describe`. */
export function wrongValue(
  subject: string,
  expected: string,
  got: string,
  location: Location | undefined,
  hint?: string,
): ShowrunnerError {
  return invalid(`${subject}: expected ${expected}, got ${got}`, location, hint);
}

/** A value in the words of a message: short, and never an object's content. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") {
    const text = redact(value); // before it is cut: half a secret is in no known spelling
    return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  }
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "function") return "a function";
  return String(value);
}

/** `a, b or c` */
export function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** Whether a value is an object with keys, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
