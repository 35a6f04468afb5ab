/** The text of an HTTP answer: unpacked, read in the charset that it names, and no more of it than is kept. */
import type { IncomingMessage } from "node:http";
import { type Duplex, pipeline, type Readable } from "node:stream";
import { TextDecoder } from "node:util";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { messageOf } from "../base/errors.ts";

/** The most of a body that is kept: enough for any health page, and no way to fill the controller's memory. */
const bodyLimit = 1024 * 1024;

/** The most codings of a body; each takes memory here. */
const mostCodings = 3;

/** @throws Error for what can't be unpacked, or a charset that nobody knows */
export async function bodyOf(response: IncomingMessage): Promise<{ body: string; isCut: boolean }> {
  const [first, whole] = await firstByte(response);
  if (first === undefined) return { body: "", isCut: false };
  const codings = codingsOf(response.headers["content-encoding"]);
  const bytes = await collect(unpacked(whole, codings, first)).catch((error: unknown) => {
    throw codings.length === 0
      ? error
      : new Error(`it is packed as ${codings.join(", ")}: ${messageOf(error)}`);
  });
  const body = decoderFor(response.headers["content-type"]).decode(bytes.subarray(0, bodyLimit));
  return { body, isCut: bytes.length > bodyLimit };
}

/** If there is no body at all, its headers are ignored, as with HEAD. */
async function firstByte(response: IncomingMessage): Promise<[first: number | undefined, whole: Readable]> {
  for await (const piece of response.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(piece);
    if (bytes.length === 0) continue;
    response.unshift(bytes);
    return [bytes[0], response];
  }
  return [undefined, response];
}

/** Several codings are named in the order in which they were applied. */
function codingsOf(header: string | undefined): readonly string[] {
  return (header ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
}

function unpacked(whole: Readable, codings: readonly string[], first: number): Readable {
  if (codings.length > mostCodings) throw new Error(`it is packed ${codings.length} times`);
  const steps = codings.toReversed().map((name, index) => unpacker(name, index === 0 ? first : undefined));
  // the last stream reports an error of any of them
  return steps.reduce<Readable>((stream, step) => pipeline(stream, step, () => undefined), whole);
}

function unpacker(name: string, first: number | undefined): Duplex {
  switch (name) {
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      // some servers leave zlib's header out (RFC 9110, 8.4.1.2)
      return first === undefined || (first & 0x0f) === 8 ? createInflate() : createInflateRaw();
    case "br":
      return createBrotliDecompress();
    default:
      throw new Error(`it is packed as "${name}", and only gzip, deflate and br are known`);
  }
}

async function collect(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream) {
    const bytes = Buffer.from(piece);
    pieces.push(bytes);
    size += bytes.length;
    if (size > bodyLimit) break; // that ends the stream
  }
  return Buffer.concat(pieces);
}

function decoderFor(type: string | undefined): TextDecoder {
  const [, charset = "utf-8"] = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type ?? "") ?? [];
  try {
    return new TextDecoder(charset);
  } catch {
    throw new Error(`it is in the charset "${charset}", which is not known`);
  }
}
