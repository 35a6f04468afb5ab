/** The text of an HTTP answer: unpacked, read in the charset that it names, and no more of it than is kept. */
import type { IncomingMessage } from "node:http";
import { type Duplex, pipeline, type Readable } from "node:stream";
import { TextDecoder } from "node:util";
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";

/** The most of a body that is kept: enough for any health page, and no way to fill the controller's memory. */
const bodyLimit = 1024 * 1024;

/** Nobody packs a body more often; each takes memory here. */
const mostCodings = 3;

/** @throws Error for what can't be unpacked, or a charset that nobody knows */
export async function bodyOf(response: IncomingMessage): Promise<{ body: string; isCut: boolean }> {
  const [first, whole] = await firstByte(response);
  if (first === undefined) return { body: "", isCut: false };
  const bytes = await collect(unpacked(whole, response.headers["content-encoding"], first));
  const body = decoderFor(response.headers["content-type"]).decode(bytes.subarray(0, bodyLimit));
  return { body, isCut: bytes.length > bodyLimit };
}

/** Where there is no body at all, what the headers say of it does not count, as with HEAD. */
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
function unpacked(whole: Readable, coding: string | undefined, first: number): Readable {
  const names = (coding ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  if (names.length > mostCodings) throw new Error(`it is packed ${names.length} times`);
  const steps = names.reverse().map((name, index) => unpacker(name, index === 0 ? first : undefined));
  // an error on the way is told by the last stream of them
  return steps.reduce<Readable>((stream, step) => pipeline(stream, step, () => undefined), whole);
}

/** What was cut off is told by the connection's end, and not once more by what unpacks it. */
const lenient = { finishFlush: constants.Z_SYNC_FLUSH };

function unpacker(name: string, first: number | undefined): Duplex {
  switch (name) {
    case "gzip":
    case "x-gzip":
      return createGunzip(lenient);
    case "deflate":
      // some servers leave zlib's header out (RFC 9110, 8.4.1.2)
      return first === undefined || (first & 0x0f) === 8 ? createInflate(lenient) : createInflateRaw(lenient);
    case "br":
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
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
