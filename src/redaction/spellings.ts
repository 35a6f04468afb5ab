/**
 * How programs print a text otherwise than by escaping single characters, which `plainForm` undoes: quoted for a
 * shell, in base64.
 */

/** The text itself and its other spellings. */
export function spellings(text: string): Set<string> {
  return new Set([text, ...quoted(text), ...inBase64(Buffer.from(text))]);
}

/**
 * The spellings of a single line of a secret, as output and diffs show it. A large file has many lines, so these are
 * few.
 */
export function lineSpellings(line: string): Set<string> {
  return new Set([line, ...quoted(line)]);
}

function quoted(text: string): string[] {
  return [text.replaceAll("'", "'\\''"), text.replaceAll("'", `'"'"'`), printed(text)];
}

/** As a script prints it: its shell may quote a part of the script in an error. */
function printed(text: string): string {
  return [...Buffer.from(text.replaceAll("\\", "\\\\").replaceAll("'", "'\\''"))]
    .map((byte) => (byte < 0x7f ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, "0")}`))
    .join("");
}

/** How long lines of base64 are: as `base64` and mail have them, and as PEM has them. */
const widths = [76, 64];

/** In base64 by itself, and as part of a longer content, where it may begin at any of three bits within a character. */
function inBase64(bytes: Buffer): string[] {
  const whole = bytes.toString("base64");
  const found = [whole, bytes.toString("base64url")];
  if (bytes.length < 9) return found; // what is left of a short secret could be part of any text
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // without the characters that also hold bits of the text before and after
    const part = text.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 8) / 6));
    found.push(part, part.replaceAll("+", "-").replaceAll("/", "_"));
  }
  const certain = whole.slice(0, Math.floor((bytes.length * 8) / 6));
  for (const width of widths)
    for (let at = 0; certain.length > width && at < certain.length; at += width) {
      const line = certain.slice(at, at + width);
      if (line.length >= 12) found.push(line);
    }
  return found;
}
