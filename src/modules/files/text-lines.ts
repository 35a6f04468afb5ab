/** A text's lines, with how each ends. */

export interface Line {
  readonly text: string;
  /** How it ends: `\n`, `\r\n`, or nothing at the end of the file. */
  readonly end: string;
}

export function splitLines(text: string): Line[] {
  return [...text.matchAll(/([^\n]*?)(\r?\n|$)/g)]
    .map(([, one = "", end = ""]) => ({ text: one, end }))
    .filter((one) => one.text !== "" || one.end !== "");
}

export function joinLines(all: readonly Line[]): string {
  return all.map((line) => line.text + line.end).join("");
}
