/** What becomes of a file's mode. */
import { isOctal, showMode } from "../../kit/index.ts";

/**
 * The mode that a file gets.
 *
 * @param wanted octal, or symbolic as for chmod(1); every clause says whose permissions it means
 * @param from the mode it has, or would have without this: four octal digits
 * @returns four octal digits
 *
 * @example
 * resolveMode("u+x", "0644", false); // "0744"
 */
export function resolveMode(wanted: string, from: string, directory: boolean): string {
  if (isOctal(wanted)) return wanted.slice(-4).padStart(4, "0");
  return showMode(
    wanted
      .split(",")
      .reduce((bits, clause) => applyClause(clause, bits, directory), Number.parseInt(from, 8)),
  );
}

const shifts = { u: 6, g: 3, o: 0 } as const;

function applyClause(clause: string, before: number, directory: boolean): number {
  const [, letters = "", rest = ""] = /^([ugoa]+)(.*)$/.exec(clause) ?? [];
  const whose = (["u", "g", "o"] as const).filter((who) => letters.includes(who) || letters.includes("a"));
  let bits = before;
  for (const [, operator, what = ""] of rest.matchAll(/([-+=])([^-+=]*)/g)) {
    const current = bits;
    for (const who of whose) {
      const given = permissions(what, who, current, directory);
      if (operator === "-") bits &= ~given;
      else if (operator === "+") bits |= given;
      else bits = (bits & ~cleared(who, directory)) | given;
    }
  }
  return bits;
}

/** The bits that a clause's letters stand for, for one of user, group and others. */
function permissions(letters: string, who: "u" | "g" | "o", current: number, directory: boolean): number {
  if (letters === "u" || letters === "g" || letters === "o")
    return ((current >> shifts[letters]) & 7) << shifts[who];
  let bits = 0;
  if (letters.includes("r")) bits |= 4;
  if (letters.includes("w")) bits |= 2;
  if (letters.includes("x") || (letters.includes("X") && (directory || (current & 0o111) !== 0))) bits |= 1;
  bits <<= shifts[who];
  if (letters.includes("s")) bits |= who === "u" ? 0o4000 : who === "g" ? 0o2000 : 0;
  if (letters.includes("t") && who === "o") bits |= 0o1000;
  return bits;
}

/** What `=` clears first. A directory keeps its set-id bits, as with GNU chmod. */
function cleared(who: "u" | "g" | "o", directory: boolean): number {
  const special = who === "u" ? 0o4000 : who === "g" ? 0o2000 : 0o1000;
  return (7 << shifts[who]) | (directory && who !== "o" ? 0 : special);
}

/**
 * What a regular file gets where a tree gets this mode: as with chmod's `X`, one that nobody may execute stays so,
 * and the set-id and sticky bits are for the directories only.
 */
export function fileModeInTree(directoryMode: string, executable: boolean): string {
  const bits = Number.parseInt(directoryMode, 8) & 0o777;
  return showMode(executable ? bits : bits & ~0o111);
}

/** A mode as an operand of chmod: with five digits GNU's clears a directory's set-id bits, too. */
export function chmodOperand(mode: string): string {
  return mode.padStart(5, "0");
}
