/** Cuts a host pattern into its terms. */
import { isIP } from "node:net";

/** `!` takes hosts away, `&` keeps those that match, and nothing in front adds. */
export type Sign = "" | "&" | "!";

export interface Term {
  readonly sign: Sign;
  /** The term without its sign. */
  readonly text: string;
}

/**
 * Splits a pattern at its commas, or where it has none at its colons. As in Ansible, a colon splits neither an IPv6
 * address nor a `[begin:end]`, nor a name from a port.
 *
 * @example
 * splitPattern("web:&prod:!web[0]");
 * // [{ sign: "", text: "web" }, { sign: "&", text: "prod" }, { sign: "!", text: "web[0]" }]
 */
export function splitPattern(pattern: string | readonly string[]): Term[] {
  const patterns = typeof pattern === "string" ? [pattern] : pattern;
  return patterns
    .flatMap(pieces)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "")
    .map(toTerm);
}

function pieces(pattern: string): readonly string[] {
  if (pattern.includes(",")) return pattern.split(",");
  if (!/[\s:]/.test(pattern)) return pattern === "" ? [] : [pattern]; // most are one name
  if (isOneAddress(toTerm(pattern.trim()).text)) return [pattern];
  // an unmatched bracket is kept: looking the term up then reports what is wrong
  return pattern.match(/(?:\[[^\]]*\]|[^\s:])+/g) ?? [];
}

function toTerm(piece: string): Term {
  const sign = piece[0];
  return sign === "!" || sign === "&" ? { sign, text: piece.slice(1).trim() } : { sign: "", text: piece };
}

/** An address or a name with a port, each with ranges in it or not. */
function isOneAddress(text: string): boolean {
  const plain = text.replaceAll(/\[\w+:\w+(?::\d+)?\]/g, "0");
  return isIP(plain) !== 0 || /^\[[\da-f:.]+\]:\d+$/i.test(plain) || /^[\w.-]+:\d+$/.test(plain);
}
