/** Texts with everything in them that a terminal obeys, or that hides and turns around what is beside it. */

const c1 = Array.from({ length: 32 }, (_, index) => String.fromCharCode(0x80 + index));
const c0 = Array.from({ length: 32 }, (_, index) => String.fromCharCode(index)).filter(
  (one) => one !== "\n" && one !== "\t",
);

/** One of every class. */
export const hostileTexts: readonly string[] = [
  "\u001b]0;owned\u0007",
  "\u001b]8;;http://evil/\u001b\\link\u001b]8;;\u001b\\",
  "\u001b]52;c;b3duZWQ=\u0007",
  "\u001b]0;without an end",
  "\u009d0;owned\u009c",
  "\u001b[2J\u001b[1;1H",
  "\u001b[1A\u001b[2K",
  "\u001b[31mred\u001b[0m",
  "\u009b2J",
  "\u001bP+q544e\u001b\\",
  "\u001b_apc\u001b\\",
  "\u001b^pm\u001b\\",
  "\u001bc",
  "\u001b",
  "\rback",
  "\b\b\bback",
  "\u007f",
  ...c0,
  ...c1,
  ..."\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c", // bidirectional
  ..."\u200b\u200c\u200d\u2060\u2061\ufeff\u00ad\u034f\u115f\u3164\ufe0f\u180e", // nothing to be seen
  "\u{e0001}",
  "\u{e0041}",
  "\u2028",
  "\u2029",
  "\ud800",
  "\udc00",
  Buffer.from([0xc2, 0x9b, 0x32, 0x4a]).toString(), // a C1 control as it comes from a host
];

export const hostile = hostileTexts.join("x");

/** What must not reach a terminal; newlines and tabs may. */
const forbidden = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu;

/** What of a written text a terminal would obey, each written out. */
export function obeyed(text: string): string[] {
  return [...new Set(text.match(forbidden))].map((one) => `U+${(one.codePointAt(0) ?? 0).toString(16)}`);
}

const esc = String.fromCharCode(0x1b);
const own = new RegExp(
  String.raw`${esc}\[(?:\d|[1-4]\d|9[0-7])m|${esc}\[\?(?:25|7)[lh]|${esc}\[\d+A|${esc}\[0J|\r(?=${esc})`,
  "g",
);

/** What a real terminal's reporter writes of its own: colours, and how it redraws its rows. */
export function withoutOwn(text: string): string {
  return text.replace(own, "");
}
