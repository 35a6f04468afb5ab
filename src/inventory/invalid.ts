/** The error of a wrong inventory, and the words for what was found in it. */
import { type Location, ShowrunnerError } from "../base/errors.ts";
import { mistakeIn, type OptionTypes } from "../base/options.ts";
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

/** The error for a value of the wrong type. `got` is in words, mostly those of `whatItIs`. */
export function wrongValue(
  subject: string,
  expected: string,
  got: string,
  location: Location | undefined,
  hint?: string,
): ShowrunnerError {
  return invalid(`${subject}: expected ${expected}, got ${got}`, location, hint);
}

/**
 * Refuses a key that doesn't exist, or a value that is none of its type.
 *
 * @param subject whose keys they are, for the message
 * @param locate where one of the keys is written
 * @param more the other possible keys, for the message; and the hint for a key that doesn't exist
 * @throws ShowrunnerError "inventory.invalid"
 */
export function refuseMistakes<T extends object>(
  given: Record<string, unknown>,
  types: OptionTypes<T>,
  subject: string,
  locate: (key: string) => Location | undefined,
  more: { readonly keys?: readonly string[]; readonly hint?: (key: string) => string | undefined } = {},
): asserts given is Record<string, unknown> & T {
  const mistake = mistakeIn(given, types);
  if (!mistake) return;
  const { name, expected, got, hint } = mistake;
  if (expected !== undefined) throw wrongValue(`${subject}, ${name}`, expected, got, locate(name), hint);
  const known = [...Object.keys(types), ...(more.keys ?? [])];
  throw unknownKey(subject, name, known, locate(name), more.hint?.(name));
}

/** `a, b or c` */
export function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** Whether a value is an object with keys, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
