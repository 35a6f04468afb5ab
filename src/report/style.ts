/** Colours, where the stream shows them. */
import { randomInt } from "node:crypto";
import { inspect } from "node:util";

export type Colour = "red" | "green" | "yellow" | "cyan" | "magenta" | "dim" | "bold";

/** Gives a text a colour, or leaves it as it is. */
export type Style = (colour: Colour, text: string) => string;

/**
 * What tells our colours from those that a text brings along: known in this process only. It stands where a terminal's
 * sequence has its numbers, so that whoever measures a text counts it as nothing.
 */
const mark = randomInt(2 ** 47);

/** Splits a text at the marked sequences, with their numbers between. */
export const stylePattern = new RegExp(`\\u001b\\[${mark};(\\d+)m`);

/** The sequence that a terminal understands. */
export function colourCodes(code: string): string {
  return `\u001b[${code}m`;
}

/**
 * Decides on colours for a stream: FORCE_COLOR and NO_COLOR say so, else whether it is a terminal. The colours show once
 * the text is written by `say`.
 *
 * @param stream where the text will be written
 * @example
 * const style = styleFor(process.stderr);
 * say(process.stderr, style("red", "no"));
 */
export function styleFor(stream: { readonly isTTY?: boolean | undefined }): Style {
  return hasColours(stream) ? coloured : plain;
}

/** No colours at all. */
export const plain: Style = (_, text) => text;

const coloured: Style = (colour, text) => {
  const [begin, end] = inspect.colors[colour] ?? [0, 0];
  return `\u001b[${mark};${begin}m${text}\u001b[${mark};${end}m`;
};

function hasColours({ isTTY }: { readonly isTTY?: boolean | undefined }): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (FORCE_COLOR) return FORCE_COLOR !== "0";
  return !NO_COLOR && isTTY === true && TERM !== "dumb";
}
