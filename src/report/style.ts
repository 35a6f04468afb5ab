/** Colours, where the stream shows them. */
import { styleText } from "node:util";

export type Colour = "red" | "green" | "yellow" | "cyan" | "magenta" | "dim" | "bold";

/** Gives a text a colour, or leaves it as it is. */
export type Style = (colour: Colour, text: string) => string;

/**
 * Decides on colours for a stream: FORCE_COLOR and NO_COLOR say so, else whether it is a terminal.
 *
 * @param stream where the text will be written
 * @example
 * const style = styleFor(process.stderr);
 * process.stderr.write(style("red", "no"));
 */
export function styleFor(stream: { readonly isTTY?: boolean | undefined }): Style {
  return hasColours(stream) ? (colour, text) => styleText(colour, text, { validateStream: false }) : plain;
}

/** No colours at all. */
export const plain: Style = (_, text) => text;

function hasColours({ isTTY }: { readonly isTTY?: boolean | undefined }): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (FORCE_COLOR) return FORCE_COLOR !== "0";
  return !NO_COLOR && isTTY === true && TERM !== "dumb";
}
