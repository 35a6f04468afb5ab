/** What hosts print is not to be trusted with the terminal: colours, cursor movements and bells are taken out. */
import { stripVTControlCharacters } from "node:util";

/** One line of text without control characters; of a line that was overwritten, what was left in the end. */
export function cleanLine(text: string): string {
  const last = text.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  return stripVTControlCharacters(last)
    .replaceAll("\t", "  ")
    .replace(/\p{Cc}/gu, "");
}

/** The beginning of a text, with a sign that there was more. */
export function cropped(text: string, width: number): string {
  if (text.length <= width) return text;
  return width < 1 ? "" : `${text.slice(0, width - 1)}…`;
}
