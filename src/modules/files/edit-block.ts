/** Edits a block of lines between two marks in a text. Pure. */
import { joinLines, type Line, splitLines } from "./text-lines.ts";

export interface Block {
  /** The lines that stand before and behind it. */
  readonly begin: string;
  readonly end: string;
  /** Its lines; none where the block is not to be there. */
  readonly lines: readonly string[];
  /** Lines elsewhere that it takes the place of. */
  readonly replaces?: RegExp | undefined;
}

/**
 * The text with this block: where the first one was, else at the end. A mark without its other one is taken away, and
 * what stands beside it stays.
 */
export function blockInText(text: string, { begin, end, lines, replaces }: Block): string {
  const all = splitLines(text);
  const lineEnd = all[0]?.end || "\n";
  const others: Line[] = [];
  let place: number | undefined;
  for (let at = 0; at < all.length; at++) {
    const line = all[at] ?? { text: "", end: "" };
    if (line.text === begin || line.text === end) {
      place ??= others.length;
      if (line.text === begin) at = endOfBlock(all, at, begin, end);
    } else if (!replaces?.test(line.text)) others.push(line);
  }
  if (lines.length === 0) return joinLines(others);
  const block = [begin, ...lines, end].map((line): Line => ({ text: line, end: lineEnd }));
  const rest = others.map((line) => ({ ...line, end: line.end || lineEnd }));
  return joinLines(rest.toSpliced(place ?? rest.length, 0, ...block));
}

/** @returns where it ends; where it begins if it has no end */
function endOfBlock(all: readonly Line[], at: number, begin: string, end: string): number {
  for (let next = at + 1; next < all.length; next++) {
    const text = all[next]?.text;
    if (text === end) return next;
    if (text === begin) return at;
  }
  return at;
}
