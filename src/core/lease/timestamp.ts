/** Times as hosts keep them: what is read from a host may have been written by anybody. */

/**
 * Whether a value is a time, in milliseconds since 1970, that can be formatted: formatting any other number would
 * throw.
 */
export function isTimestamp(value: unknown): value is number {
  return typeof value === "number" && !Number.isNaN(new Date(value).getTime());
}
