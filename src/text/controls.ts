/**
 * What in a text is not for reading: control characters, terminals' sequences of them, and characters that show
 * nothing, or turn what is beside them around. Hosts, files and inventories may hold any of them.
 */

/**
 * Controls (C0, DEL, C1), formats (bidirectional, zero width), separators of lines and paragraphs, halves of surrogate
 * pairs, and all else that Unicode says is to be ignored when it can't be shown.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/u;

const esc = String.fromCharCode(0x1b);
const bell = String.fromCharCode(0x07);
const [firstC1, lastC1] = [String.fromCharCode(0x80), String.fromCharCode(0x9f)];

/**
 * A terminal's sequences, whole: those with parameters (CSI), those that hold a text (OSC, DCS, PM, APC, SOS) as far as
 * they have an end, and short ones. No part can begin where another goes on, so that the time is linear.
 */
const sequence = [
  String.raw`(?:${esc}\[|\u009b)[0-?]*[ -/]*[@-~]`,
  String.raw`(?:${esc}[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^${bell}${esc}${firstC1}-${lastC1}]*(?:${bell}|${esc}\\|\u009c)`,
  `${esc}[ -/]*[0-~]`,
].join("|");

/** One sequence, or one character by itself; not the newline and the tab. */
export const controlPattern = String.raw`${sequence}|(?![\n\t])${invisible.source}`;

const controls = new RegExp(controlPattern, "gu");

/** One character by itself; not the newline and the tab. */
export const oneControl = new RegExp(String.raw`(?![\n\t])${invisible.source}`, "gu");

const inLine = new RegExp(invisible.source, "gu");

/** Nearly all text is of these only. */
const plain = /^[\x20-\x7e\n\t]*$/;

/** The text without them; newlines and tabs stay. For what a program prints: colours are meant for another terminal. */
export function withoutControls(text: string): string {
  return plain.test(text) ? text : text.replace(controls, "");
}

/** The text with each of them written out, such as `\u{1b}`; newlines and tabs stay. For what somebody goes by. */
export function visible(text: string): string {
  return plain.test(text) ? text : text.replace(oneControl, writtenOut);
}

/** The same as one line: newlines are written out too, and a tab is two spaces. */
export function visibleLine(text: string): string {
  return text.replaceAll("\t", "  ").replace(inLine, writtenOut);
}

function writtenOut(one: string): string {
  if (one === "\n") return "\\n";
  if (one === "\r") return "\\r";
  return `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`;
}

/**
 * A value as JSON that may also be looked at: what is not for reading is escaped, as JSON itself does with a part of it.
 *
 * @param indent spaces a level; by default everything is on one line
 */
export function jsonText(value: unknown, indent?: number): string {
  return safeJson(JSON.stringify(value, undefined, indent) ?? "null");
}

/** A text of JSON that may be looked at: the same data. */
export function safeJson(json: string): string {
  return plain.test(json) ? json : json.replace(oneControl, inJson);
}

function inJson(one: string): string {
  let escaped = "";
  for (let at = 0; at < one.length; at++) escaped += `\\u${one.charCodeAt(at).toString(16).padStart(4, "0")}`;
  return escaped;
}
