/** Times as hosts keep them: whatever is read from one may have been written by anybody. */

/** Whether a value is a time, in milliseconds since 1970, that can be told: a number that is none would throw there. */
export function isTimestamp(value: unknown): value is number {
  return typeof value === "number" && !Number.isNaN(new Date(value).getTime());
}
