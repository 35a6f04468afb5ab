/** Durations as people write them. */
import { ShowrunnerError } from "./errors.ts";

/** A number of seconds, or a number with a unit: `"500ms"`, `"2s"`, `"10m"`, `"1h"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h"}`;

/** What is expected of a duration, for messages. */
export const durationForm = 'a time such as 5, "500ms" or "10m" (in ms, s, m or h; at most 24 days)';

const written = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** Whether a text is a duration with a unit. */
export function isDuration(text: string): text is `${number}${"ms" | "s" | "m" | "h"}` {
  return written.test(text);
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** What Node's timers can count to: 24 days and some. A longer one would end at once. */
const longest = 2 ** 31 - 1;

/**
 * @param duration a number of seconds or a text with a unit
 * @returns milliseconds, at most 24 days
 * @throws ShowrunnerError `params.invalid` for anything else
 */
export function milliseconds(duration: Duration): number {
  if (typeof duration === "number" && duration >= 0) return Math.min(duration * 1000, longest);
  const [, amount, unit] = written.exec(String(duration)) ?? [];
  const factor = units[unit ?? ""];
  if (amount === undefined || factor === undefined)
    throw new ShowrunnerError("params.invalid", `expected ${durationForm}, got ${JSON.stringify(duration)}`);
  return Math.min(Number(amount) * factor, longest);
}
