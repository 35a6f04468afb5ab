/** What a file's mode is, as users write it: `"0644"` or `"u=rwX,g=rX,o="`. */
import type { Mistake } from "../base/schema.ts";

const octal = /^0?[0-7]{3,4}$/;
const symbolic = /^[ugoa]+([-+=]([rwxXst]*|[ugo]))+$/;

/** Whether a mode is written in octal digits. */
export function isOctal(mode: string): boolean {
  return octal.test(mode);
}

/** Four octal digits. */
export function showMode(bits: number): string {
  return bits.toString(8).padStart(4, "0");
}

/** What keeps a value from being a mode, if anything does. A number is the classic mistake of Ansible's users. */
export function mistakeInMode(value: unknown): Mistake | undefined {
  if (typeof value === "number") return numberAsMode(value);
  if (typeof value === "string" && (isOctal(value) || value.split(",").every((part) => symbolic.test(part))))
    return undefined;
  const bare = typeof value === "string" && /^[-+=]/.test(value);
  return {
    message: `expected a mode such as "0644" or "u=rw,g=r,o=", got ${JSON.stringify(value)}`,
    hint: bare ? `say whose permissions they are: "a${value}" for everybody's` : undefined,
  };
}

function numberAsMode(mode: number): Mistake {
  const bits = Number.isInteger(mode) && mode >= 0 ? mode & 0o7777 : 0;
  const digits = isOctal(String(mode)) ? Number.parseInt(String(mode), 8) : undefined;
  // 644 is meant as these digits, 0o644 as octal: only one of the two readings is a mode that anybody would want
  const meant = digits !== undefined && (isUsual(digits) || !isUsual(bits)) ? digits : bits;
  return {
    message: `expected a string such as "0644", got the number ${mode}, which is mode ${showMode(bits)}`,
    hint: `a number is decimal before it is a mode; write "${showMode(meant)}" in quotes`,
  };
}

/** Whether the owner may do whatever the group may, and the group whatever others may. */
function isUsual(bits: number): boolean {
  const [user, group, others] = [(bits >> 6) & 7, (bits >> 3) & 7, bits & 7];
  return bits <= 0o777 && (user & group) === group && (group & others) === others;
}
