/**
 * How a script of ours tells what it does, just before it does it: on lines of its standard error that are marked, so
 * that they are told from all that programs print beside them.
 */

/** What such a line begins with. */
export const tellingMark = "showrunner-tells: ";

/** Whether a line is one of these: it is for the change that runs the script, and for nobody else. */
export function isTelling(line: string): boolean {
  return line.startsWith(tellingMark);
}

/** What a script has told, without the marks. */
export function toldIn(stderr: Buffer): string[] {
  return stderr
    .toString()
    .split("\n")
    .filter(isTelling)
    .map((line) => line.slice(tellingMark.length));
}
