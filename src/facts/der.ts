/** Values in DER, the encoding of certificates: each is looked at only where somebody asks, and nothing is copied. */

/** One value. */
export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly whole: Buffer;
}

/**
 * The values that stand in a row.
 *
 * @throws TypeError for bytes that are no DER
 */
export function valuesIn(bytes: Buffer): Der[] {
  const values: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0x80;
    const more = first & 0x80 ? first & 0x7f : 0;
    // longer tags and lengths are in no certificate
    if ((tag & 0x1f) === 0x1f || first === 0x80 || more > 3) throw new TypeError("no DER");
    const start = at + 2 + more;
    if (start > bytes.length) throw new TypeError("DER ends too early");
    const end = start + (more === 0 ? first : bytes.readUIntBE(at + 2, more));
    if (end > bytes.length) throw new TypeError("DER ends too early");
    values.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return values;
}

/** The first value of some bytes, which must be there. */
export function valueIn(bytes: Buffer): Der {
  return required(valuesIn(bytes)[0]);
}

/** @throws TypeError where there is none */
export function required(value: Der | undefined): Der {
  if (value === undefined) throw new TypeError("DER ends too early");
  return value;
}

/** `2.5.29.17`: parts of it may be larger than a number holds exactly, and two must not look alike. */
export function objectId(content: Buffer): string {
  const numbers: bigint[] = [];
  let number = 0n;
  for (const byte of content.subarray(0, 64)) {
    number = number * 128n + BigInt(byte & 0x7f);
    if (byte & 0x80) continue;
    numbers.push(number);
    number = 0n;
  }
  const [first = 0n, ...rest] = numbers;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...rest].join(".");
}

/** A text of any of the types that names are written in. */
export function textOf({ tag, content }: Der): string {
  if (tag === 0x1e && content.length % 2 === 0) return Buffer.from(content).swap16().toString("utf16le");
  return content.toString(tag === 0x14 ? "latin1" : "utf8");
}

/** A point in time, in ISO 8601 and UTC: `2030-01-31T12:00:00Z`. */
export function timeOf({ tag, content }: Der): string {
  const digits = content.toString("latin1");
  const century = tag === 0x17 ? (Number(digits.slice(0, 2)) < 50 ? "20" : "19") : "";
  const [, day, time] = /^(\d{8})(\d{6})Z$/.exec(century + digits) ?? [];
  if (day === undefined || time === undefined) throw new TypeError("no time");
  const date = day.replace(/(....)(..)(..)/, "$1-$2-$3");
  return `${date}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`;
}
