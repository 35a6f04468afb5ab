/** Sizes as people write them. */
import { ShowrunnerError } from "./errors.ts";

/** A number of bytes, or a number with a unit of 1024: `"512K"`, `"64M"`, `"2G"`, `"1T"`. */
export type Size = number | `${number}${"K" | "M" | "G" | "T"}`;

/** What is expected of a size, for messages. */
export const sizeForm = 'a size such as 4096, "512K" or "2G" (in K, M, G or T of 1024)';

const units: Readonly<Record<string, number>> = { K: 1, M: 2, G: 3, T: 4 };

/**
 * @param size a number of bytes or a text with a unit
 * @returns bytes, a whole number
 * @throws ShowrunnerError `params.invalid` for anything else
 *
 * @example
 * bytes("64M"); // 67108864
 */
export function bytes(size: Size): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)([KMGT])$/.exec(String(size)) ?? [];
  const power = units[unit];
  if (amount !== undefined && power !== undefined) return Math.round(Number(amount) * 1024 ** power);
  if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0) return size;
  throw new ShowrunnerError("params.invalid", `expected ${sizeForm}, got ${JSON.stringify(size)}`);
}
