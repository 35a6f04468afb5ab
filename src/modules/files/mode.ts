/** File modes as users write them: `"0644"` or `"u=rwX,g=rX,o="`. */
import { fail, Type } from "../../kit/index.ts";

/**
 * The schema of a mode: a string. Numbers get past it only to be explained by `checkMode`, since they are the
 * classic trap of Ansible's users.
 */
export const Mode = Type.Unsafe<string>({ anyOf: [{ type: "string" }, { type: "number" }], title: "a mode" });

const octal = /^0?[0-7]{3,4}$/;
const symbolic = /^[ugoa]+([-+=]([rwxXst]*|[ugo]))+$/;

/**
 * Refuses what is no mode.
 *
 * @param name the parameter's name, for the message
 * @throws ShowrunnerError saying what a number really means
 */
export function checkMode(name: string, mode: unknown): void {
  if (mode === undefined) return;
  if (typeof mode === "number") explainNumber(name, mode);
  if (typeof mode === "string" && (octal.test(mode) || mode.split(",").every((part) => symbolic.test(part))))
    return;
  const bare = typeof mode === "string" && /^[-+=]/.test(mode);
  fail(
    `${name}: expected a mode such as "0644" or "u=rw,g=r,o=", got ${JSON.stringify(mode)}`,
    bare ? `say whose permissions they are: "a${mode}" for everybody's` : undefined,
  );
}

function explainNumber(name: string, mode: number): never {
  const bits = Number.isInteger(mode) && mode >= 0 ? mode & 0o7777 : 0;
  const digits = octal.test(String(mode)) ? Number.parseInt(String(mode), 8) : undefined;
  // 644 was meant as its digits, 0o644 as what it is: only one of the two is a mode that anybody would want
  const meant = digits !== undefined && (isUsual(digits) || !isUsual(bits)) ? digits : bits;
  fail(
    `${name}: expected a string such as "0644", got the number ${mode}, which is mode ${showMode(bits)}`,
    `a number is decimal before it is a mode; write "${showMode(meant)}" in quotes`,
  );
}

/** Whether the owner may do whatever the group may, and the group whatever others may. */
function isUsual(bits: number): boolean {
  const [user, group, others] = [(bits >> 6) & 7, (bits >> 3) & 7, bits & 7];
  return bits <= 0o777 && (user & group) === group && (group & others) === others;
}

/** Four octal digits. */
export function showMode(bits: number): string {
  return bits.toString(8).padStart(4, "0");
}

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
  if (octal.test(wanted)) return wanted.slice(-4).padStart(4, "0");
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
