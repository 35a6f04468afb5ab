/** Texts laid out in lines: what programs print without their colours, and the beginning of what is too long. */
import { visibleLine, withoutControls } from "../text/controls.ts";

/** One line of what a program printed, without control characters; of one that was overwritten, what was left in the end. */
export function cleanLine(text: string): string {
  const last = text.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  return withoutControls(last).replaceAll("\t", "  ").replaceAll("\n", "");
}

/** The beginning of a text, with a sign that there was more. */
export function cropped(text: string, width: number): string {
  const line = visibleLine(text);
  if (line.length <= width) return line;
  return width < 1 ? "" : `${line.slice(0, width - 1)}…`;
}
