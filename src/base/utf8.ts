/** Texts in files of this machine: in UTF-8, or refused, since other bytes would be replaced without a word. */
import { isUtf8 } from "node:buffer";

/** The first byte of a file that is no UTF-8. */
interface NotUtf8 {
  /** Counts from 1. */
  readonly line: number;
  /** Counts from 0, in the whole file. */
  readonly position: number;
  /** As `0xE9`. */
  readonly byte: string;
}

/** What is wrong with a text that is no UTF-8, and what to do. */
interface Utf8Problem extends Pick<NotUtf8, "line"> {
  /** Follows "the file is". */
  readonly problem: string;
  readonly hint: string;
}

/**
 * The text of a file's bytes.
 *
 * @param refuse makes the error where they are no UTF-8
 * @example
 * utf8Text(bytes, ({ line, problem, hint }) => invalid(`the file is ${problem}`, { file, line }, hint));
 */
export function utf8Text(bytes: Buffer, refuse: (bad: Utf8Problem) => Error): string {
  const bad = notUtf8(bytes);
  if (bad === undefined) return bytes.toString("utf8");
  throw refuse({
    line: bad.line,
    problem: `not UTF-8: byte ${bad.position} is ${bad.byte}`,
    hint: "Save it as UTF-8: `iconv -f latin1 -t utf8 FILE`, where it is in Latin-1.",
  });
}

/** Where the bytes are no UTF-8; undefined where they are. */
export function notUtf8(bytes: Uint8Array): NotUtf8 | undefined {
  if (isUtf8(bytes)) return undefined;
  // no character of several bytes holds the byte of a line's end
  for (let line = 1, start = 0; start <= bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) {
      const position = firstBad(bytes.subarray(0, end), start);
      const byte = bytes[position] ?? 0;
      return { line, position, byte: `0x${byte.toString(16).toUpperCase().padStart(2, "0")}` };
    }
    start = end + 1;
  }
  return undefined;
}

function firstBad(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((count) => isUtf8(bytes.subarray(at, at + count)));
    if (length === undefined || at + length > bytes.length) return at;
    at += length;
  }
  return bytes.length;
}
