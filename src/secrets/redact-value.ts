/** Values of any kind with the secrets in them blanked. */
import { messageOf } from "../base/errors.ts";
import { Secret } from "../base/secret.ts";
import { mask, redact } from "../redaction/redact.ts";

/** Deeper levels of a value are not shown: nobody reads that far, and a value may be circular. */
const deepest = 32;

interface RedactOptions {
  /** True: names of properties are fields that programs go by, and stay. Default: they are data, and blanked too. */
  readonly keepNames?: boolean;
}

/**
 * A value as plain data that can be shown. Texts and numbers that show a secret are blanked; what is not plain data is
 * replaced by what would be printed.
 */
export function redactValue(value: unknown, options: RedactOptions = {}, depth = 0): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value === "number" || typeof value === "bigint") return redactNumber(value);
  if (typeof value === "function" || typeof value === "symbol") return redact(`[${typeof value}]`);
  if (value === null || typeof value !== "object") return value;
  if (depth >= deepest) return "…";
  try {
    return redactObject(value, options, depth);
  } catch (error) {
    return redact(unreadable(error));
  }
}

/** Whether a value is a secret, shows a known one, or has either within it. */
export function holdsSecret(value: unknown, depth = 0): boolean {
  if (value instanceof Secret) return true;
  if (value instanceof Uint8Array) return isSecret(Buffer.from(value).toString());
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint")
    return isSecret(String(value));
  if (value === null || typeof value !== "object" || depth >= deepest) return false;
  return partsOf(value).some(([name, item]) => isSecret(name) || holdsSecret(item, depth + 1));
}

function isSecret(text: string): boolean {
  return redact(text) !== text;
}

function redactNumber(value: number | bigint): unknown {
  if (isSecret(String(value))) return mask;
  return typeof value === "bigint" ? String(value) : value;
}

function redactObject(value: object, options: RedactOptions, depth: number): unknown {
  const within = (item: unknown) => redactValue(item, options, depth + 1);
  if (value instanceof Secret) return mask;
  // a secret among bytes would not be found in their numbers
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} bytes`;
  if (value instanceof Error) return redact(`${value.name}: ${value.message}`);
  if (value instanceof URL || value instanceof RegExp) return redact(String(value));
  if (value instanceof Date) return redact(Number.isNaN(value.getTime()) ? "no date" : value.toISOString());
  if (Array.isArray(value) || value instanceof Set) return [...value].map(within);
  if ("toJSON" in value && typeof value.toJSON === "function") return within(value.toJSON());
  const primitive: unknown = value.valueOf();
  if (typeof primitive !== "object") return within(primitive);
  const parts: Record<string, unknown> = Object.create(null);
  for (const [name, item] of partsOf(value))
    parts[options.keepNames ? name : unused(redact(name), parts)] = within(item);
  return { ...parts };
}

function partsOf(value: object): [string, unknown][] {
  if (value instanceof Map) return [...value].map(([key, item]) => [nameOf(key), item]);
  if (value instanceof Set) return [...value].map((item, index) => [String(index), item]);
  return Object.keys(value).map((key) => [key, property(value, key)]);
}

/**
 * A property that can't be read, such as the body of an answer that was only kept in part, does not affect the others.
 */
function property(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): string {
  return `a value that can't be read: ${messageOf(error)}`;
}

function nameOf(key: unknown): string {
  return typeof key === "object" && key !== null ? (JSON.stringify(redactValue(key)) ?? "") : String(key);
}

/** Two keys that are both blanked stay two keys. */
function unused(name: string, parts: object): string {
  let free = name;
  for (let number = 2; Object.hasOwn(parts, free); number++) free = `${name} (${number})`;
  return free;
}
