/** Scripts for a POSIX `sh`, in which everything interpolated is quoted. */

import { visibleLine } from "../text/controls.ts";
import { ShowrunnerError } from "./errors.ts";
import { reveal, Secret } from "./secret.ts";

/** A script text that is safe to run: made by `sh`, never by pasting strings. Plain data. */
export interface Script {
  readonly kind: "script";
  readonly text: string;
}

/** What may stand in an `sh` template. A secret may not: a command line is public; use `feed`. */
type ShValue = string | number | Script | readonly (string | number)[];

/**
 * Quotes one word for POSIX `sh`.
 *
 * @throws ShowrunnerError `params.invalid` for a NUL byte, which no `sh` word can hold
 */
export function quote(word: string): string {
  if (word.includes("\0"))
    throw new ShowrunnerError(
      "params.invalid",
      `a word of a command can't hold a NUL byte: ${JSON.stringify(word.slice(0, 60))}`,
    );
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A word of a command that a message tells the user to run: it may come from a host or a file, and is pasted as it stands. */
export function pasted(word: string): string {
  return quote(visibleLine(word));
}

/**
 * A script template: every value is quoted for POSIX `sh`, an array becomes its words, a script stays a script.
 *
 * @example
 * sh`rm -f -- ${["/tmp/a b", "/tmp/c"]}`; // rm -f -- '/tmp/a b' /tmp/c
 */
export function sh(parts: TemplateStringsArray, ...values: readonly ShValue[]): Script {
  let text = parts[0] ?? "";
  values.forEach((value, index) => {
    text += render(value) + (parts[index + 1] ?? "");
  });
  return { kind: "script", text };
}

/** A script that the user wrote as it stands, for a `shell` task. Nothing may be pasted into it. */
export function rawScript(text: string): Script {
  return { kind: "script", text };
}

/** Several scripts, one after the other, each on lines of its own. */
export function lines(...scripts: readonly Script[]): Script {
  return { kind: "script", text: scripts.map((script) => script.text).join("\n") };
}

/**
 * Feeds content to a script's standard input, byte for byte. The content is written by the shell's own `printf`,
 * so it stands in no process list and needs no temporary file.
 *
 * @example
 * feed(password, sh`chpasswd`);
 */
export function feed(content: string | Buffer | Secret, script: Script): Script {
  const bytes =
    typeof content === "string" || content instanceof Secret ? Buffer.from(reveal(content)) : content;
  return { kind: "script", text: `{ ${printBytes(bytes)}; } | {\n${script.text}\n}` };
}

/** `printf` commands that print exactly these bytes, in pieces that every shell takes. */
export function printBytes(bytes: Buffer): string {
  if (bytes.length === 0) return ":";
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 32_768)
    pieces.push(`printf %b ${escapeBytes(bytes.subarray(at, at + 32_768))}`);
  return pieces.join(" && ");
}

/** A single-quoted operand of `printf %b`: text stays readable, other bytes become octal escapes. */
function escapeBytes(bytes: Buffer): string {
  let text = "'";
  for (const byte of bytes) {
    if (byte === 0x27) text += "'\\''";
    else if (byte === 0x5c) text += "\\\\";
    else if (byte === 0x0a || (byte >= 0x20 && byte < 0x7f)) text += String.fromCharCode(byte);
    else text += `\\0${byte.toString(8).padStart(3, "0")}`;
  }
  return `${text}'`;
}

function render(value: ShValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return quote(String(value));
  if ("text" in value) return value.text;
  return value.map((item) => quote(String(item))).join(" ");
}
