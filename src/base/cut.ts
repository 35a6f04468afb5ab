/** Cuts texts of any size to one that may be shown or kept, and says what was left out. */
import { redact } from "../redaction/redact.ts";

/** What of a line is shown, in characters. */
export const longestLine = 64 * 1024;

/**
 * The beginning of a text, with a note of how much more there was.
 *
 * @param longest characters
 * @param more how many characters were left out before
 *
 * @example
 * cut("abcdef", 4); // "abcd… 2 characters left out"
 */
export function cut(text: string, longest: number, more = 0): string {
  const left = text.length - longest + more;
  return left <= 0 ? text : `${text.slice(0, longest)}… ${left} characters left out`;
}

/**
 * The same, with all secrets blanked before it is cut: half a secret is in no known spelling. One that is longer than
 * the text that is kept is no secret that anybody would know by its half.
 *
 * @param more how many characters were left out before
 */
export function cutRedacted(text: string, longest: number, more = 0): string {
  if (text.length + more <= longest) return text;
  const looked = text.slice(0, longest * 2);
  return cut(redact(looked), longest, text.length - looked.length + more);
}

/** The first lines of a text, with a note of how many more there were. */
export function cutLines(text: string, most: number): string {
  const lines = text.split("\n");
  const left = lines.length - most;
  return left <= 0 ? text : [...lines.slice(0, most), `… ${left} more lines`].join("\n");
}
