/**
 * The plain form of a text: all escapes that programs write instead of a character are undone. A secret is looked for
 * in the plain form, so that it is found even in JSON within JSON within a URL, without a list of all combinations.
 */
import { controlPattern, oneControl } from "../text/controls.ts";
import { type Undone, undo } from "../text/undo.ts";
import { entities } from "./entities.ts";

/** JSON, a URL, HTML, C and the shell; `+` is a URL's space. What a terminal would not show is left out. */
const escapes = new RegExp(
  [
    controlPattern,
    String.raw`(?:%[\da-fA-F]{2})+`,
    String.raw`(?:\\x[\da-fA-F]{2})+`,
    String.raw`(?:\\0?[0-3][0-7]{2})+`,
    String.raw`\\u[\da-fA-F]{4}|\\u\{[\da-fA-F]{1,6}\}|\\[^]`,
    String.raw`&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z]{2,8}\d{0,2});`,
    String.raw`\+`,
  ].join("|"),
  "gu",
);

const letters: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "",
  b: "",
  f: "",
  v: "",
  a: "",
  e: "",
};

/** The most layers of escapes that are undone; what is within more layers is not found. */
const most = 6;

/** Undoes one layer of escapes; undefined where there is none. */
function undoEscapes(text: string): Undone | undefined {
  return undo(text, escapes, meaningOf);
}

/** The text without single control characters (sequences get no special treatment); undefined if it has none. */
function undoControls(text: string): Undone | undefined {
  return undo(text, oneControl, () => "");
}

/** The text with all layers undone. */
export function plainForm(text: string): string {
  let plain = text;
  for (let layer = 0; layer < most; layer++) {
    const next = undoEscapes(plain);
    if (!next || next.text === plain) return plain;
    plain = next.text;
  }
  return plain;
}

/** The text, and the text with one, two, … layers of escapes undone; each with the positions in the original text. */
export function* layersOf(text: string): Generator<{ text: string; back: readonly Undone[] }> {
  let current = text;
  let back: readonly Undone[] = [];
  for (let layer = 0; layer <= most; layer++) {
    yield { text: current, back };
    const bare = undoControls(current);
    if (bare) yield { text: bare.text, back: [bare, ...back] };
    const next = undoEscapes(current);
    if (!next || next.text === current) return;
    current = next.text;
    back = [next, ...back];
  }
}

function meaningOf(found: string): string {
  const [first, second = ""] = found;
  if (first === "%") return fromBytes(found, /%(..)/g, 16);
  if (first === "+") return " ";
  if (first === "&") return entity(found);
  if (first !== "\\") return "";
  if (second === "x" && found.length > 2) return fromBytes(found, /\\x(..)/g, 16);
  if (second === "u" && found.length > 2) return character(Number.parseInt(found.replace(/^\\u\{?/, ""), 16));
  if (/^\\[0-3]/.test(found) && found.length > 2) return fromBytes(found, /\\0?([0-3][0-7]{2})/g, 8);
  return letters[second] ?? found.slice(1);
}

function fromBytes(found: string, each: RegExp, base: number): string {
  return Buffer.from(
    [...found.matchAll(each)].map(([, digits = ""]) => Number.parseInt(digits, base)),
  ).toString();
}

function entity(found: string): string {
  const name = found.slice(1, -1);
  if (!name.startsWith("#")) return entities.get(name) ?? found;
  return character(/^#[xX]/.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
}

function character(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : "";
}
