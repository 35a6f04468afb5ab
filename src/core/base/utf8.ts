/** Texts in files of this machine: in UTF-8, or refused, since other bytes would be replaced without a word. */
import { isUtf8 } from "node:buffer";

/** The first byte of a file that is no UTF-8. */
export interface NotUtf8 {
  /** Counts from 1. */
  readonly line: number;
  /** Counts from 0, in the whole file. */
  readonly position: number;
  /** As `0xE9`. */
  readonly byte: string;
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
