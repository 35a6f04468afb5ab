/** The subscript of a pattern's term: `web[0]`, `web[-1]`, `web[1:3]`, `web[1:]`. */

/** Without an end it is one host, from the end where negative; with one it is a slice, both ends included. */
export interface Subscript {
  readonly start: number;
  readonly end: number | undefined;
}

const subscripted = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/s;

/**
 * Splits a term from its subscript. A regular expression has none: there the brackets are its own.
 *
 * @example
 * splitSubscript("web[1:]"); // { base: "web", subscript: { start: 1, end: Infinity } }
 */
export function splitSubscript(term: string): { base: string; subscript: Subscript | undefined } {
  const found = term.startsWith("~") ? null : subscripted.exec(term);
  if (!found) return { base: term, subscript: undefined };
  const [, base = "", index, start, end] = found;
  const subscript =
    index === undefined
      ? { start: Number(start), end: end ? Number(end) : Number.POSITIVE_INFINITY }
      : { start: Number(index), end: undefined };
  return { base, subscript };
}
