/**
 * The one place through which text goes to a terminal. Whatever stands in it, from hosts, files, inventories or errors,
 * is made visible here; only the colours of `Style` pass, which no text can imitate.
 */
import { visible, visibleLine } from "../text/controls.ts";
import type { OutputStream } from "./reporter.ts";
import { colourCodes, stylePattern } from "./style.ts";

/**
 * Writes lines. A newline within one is written out: what somebody else named must not look like a line of ours.
 *
 * @example
 * say(process.stdout, `${style("red", host)} ! ${message}`);
 */
export function say(stream: OutputStream, ...lines: readonly string[]): void {
  if (lines.length > 0) stream.write(`${printable(lines)}\n`);
}

/** The same as the text that is written, without the last newline. */
export function printable(lines: readonly string[]): string {
  return lines.map((line) => betweenStyles(line, visibleLine)).join("\n");
}

/** Writes JSON or another text whose lines are its own. */
export function sayText(stream: OutputStream, text: string): void {
  stream.write(betweenStyles(text, visible));
}

const colours = /(\p{Cc}\[[\d;]*m)/u;

/** A text with colours of its author's own making, as a user's reporter writes it: these pass, all else is made visible. */
export function withColours(text: string): string {
  return text
    .split(colours)
    .map((part, index) => (index % 2 === 1 && part.startsWith("\u001b") ? part : visible(part)))
    .join("");
}

function betweenStyles(text: string, clean: (part: string) => string): string {
  // every second part is the number of a style
  return text
    .split(stylePattern)
    .map((part, index) => (index % 2 === 1 ? colourCodes(part) : clean(part)))
    .join("");
}
