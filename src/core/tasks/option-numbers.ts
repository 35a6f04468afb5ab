/** Counts and times among a task's options: a playbook runs without having been compiled. */
import { type Duration, milliseconds } from "../base/duration.ts";
import { type ErrorCode, type Location, ShowrunnerError } from "../base/errors.ts";

interface NumericOptions {
  readonly retries?: number;
  readonly delay?: Duration;
  readonly timeout?: Duration;
  readonly throttle?: number;
}

/** @throws ShowrunnerError for a count or a time that is none */
export function checkNumbers(
  { retries = 0, delay = 0, timeout = 1, throttle = 1 }: NumericOptions,
  { code, what, location }: { code: ErrorCode; what: string; location: Location | undefined },
): void {
  const refuse = (option: string, expected: string, got: unknown): never => {
    throw new ShowrunnerError(code, `${what}: ${option}: expected ${expected}, got ${JSON.stringify(got)}`, {
      location,
    });
  };
  if (!(Number.isInteger(retries) && retries >= 0)) refuse("retries", "a whole number from 0", retries);
  if (!(Number.isInteger(throttle) && throttle >= 1)) refuse("throttle", "a whole number from 1", throttle);
  const time = 'a time such as 5, "500ms" or "10m"';
  if (timeIn(delay) === undefined) refuse("delay", time, delay);
  const limit = timeIn(timeout);
  if (limit === undefined || limit === 0) refuse("timeout", `${time}, above 0`, timeout);
}

function timeIn(duration: Duration): number | undefined {
  try {
    return milliseconds(duration);
  } catch {
    return undefined;
  }
}
