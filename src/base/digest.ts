/** Digests of data of any shape: two values can be compared without either of them being kept. */
import { createHmac, type Hmac } from "node:crypto";
import { Secret } from "./secret.ts";

/**
 * A digest of a value. The same value gives the same digest under the same salt, in another process, too; the order
 * of an object's properties does not matter, nor whether one is undefined or missing.
 *
 * @param salt keeps two digests of one value from being recognised as such elsewhere
 * @param value plain data, with buffers, maps, sets, dates, errors and secrets, which count as the text they hide
 * @returns 32 hexadecimal digits
 *
 * @example
 * digestOf(salt, { mode: "0644", owner: "root" }) === digestOf(salt, { owner: "root", mode: "0644" }); // true
 */
export function digestOf(salt: string, value: unknown): string {
  const hash = createHmac("sha256", salt);
  feed(hash, value, []);
  return hash.digest("hex").slice(0, 32);
}

/** @param above what the value stands in, so that a circle ends */
function feed(hash: Hmac, value: unknown, above: readonly object[]): void {
  if (value === null || typeof value !== "object")
    add(hash, value === null ? "null" : typeof value, String(value));
  else if (value instanceof Secret) add(hash, "string", value.reveal());
  else if (value instanceof Uint8Array) add(hash, "bytes", value);
  else if (value instanceof Date) add(hash, "date", String(value.getTime()));
  else if (value instanceof Error) add(hash, "error", `${value.name}: ${value.message}`);
  else if (above.includes(value)) add(hash, "circle", String(above.length - above.indexOf(value)));
  else feedParts(hash, value, [...above, value]);
}

function feedParts(hash: Hmac, value: object, within: readonly object[]): void {
  if (Array.isArray(value)) feedAll(hash, "list", value, within);
  else if (value instanceof Set) feedSorted(hash, "set", value, within);
  else if (value instanceof Map) feedSorted(hash, "map", value, within);
  else {
    const properties = Object.entries(value).filter(([, item]) => item !== undefined);
    properties.sort(([a], [b]) => (a < b ? -1 : 1));
    feedAll(hash, "object", properties.flat(), within);
  }
}

function feedAll(hash: Hmac, kind: string, items: readonly unknown[], above: readonly object[]): void {
  add(hash, kind, String(items.length));
  for (const item of items) feed(hash, item, above);
}

/** In an order of their own: that of insertion means nothing. */
function feedSorted(hash: Hmac, kind: string, items: Iterable<unknown>, above: readonly object[]): void {
  const digests = [...items].map((item) => {
    const own = createHmac("sha256", "");
    feed(own, item, above);
    return own.digest("hex");
  });
  feedAll(hash, kind, digests.sort(), above);
}

/** With its length before it, so that no two sequences of parts are the same bytes. */
function add(hash: Hmac, kind: string, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  hash.update(`${kind} ${bytes.length}\n`);
  hash.update(bytes);
}
