/** Contents for files: given in the task, or read from this machine. */

import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readFileSync,
  type Stats,
} from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileProblem, noteFileRead, Secret, ShowrunnerError } from "../../kit/index.ts";
import type { Content } from "./put-file.ts";

/** A content that is at hand. */
export function literalContent(content: string | Uint8Array | Secret): Content {
  const bytes = Buffer.from(content instanceof Secret ? content.reveal() : content);
  return {
    hash: createHash("sha256").update(bytes).digest("hex"),
    size: bytes.length,
    secret: content instanceof Secret,
    ownerOnly: content instanceof Secret,
    read: async () => bytes,
  };
}

/** The texts that were given last: a task gives the same one to many hosts. */
const textsLast = new Map<string, Content>();

/** So many are kept, and so long ones. Characters. */
const mostTexts = 200;
const longestKept = 16 * 1024;

/** The same for what a playbook gives, where many hosts get it. */
export function givenContent(content: string | Uint8Array | Secret): Content {
  if (typeof content !== "string" || content.length > longestKept) return literalContent(content);
  const known = textsLast.get(content);
  if (known) return known;
  const made = literalContent(content);
  if (textsLast.size >= mostTexts) textsLast.clear();
  textsLast.set(content, made);
  return made;
}

/**
 * The content of a file of this machine, read only where it is needed.
 *
 * @param found what it was found to be just now
 */
export async function localContent(path: string, found?: Stats): Promise<Content> {
  const { size, mtimeMs } = found ?? (await stat(path));
  noteFileRead(path);
  return {
    hash: await hashOf(path, size, mtimeMs),
    size,
    secret: false,
    ownerOnly: false,
    read: () => readFile(path),
  };
}

/** Hashes by path, with the size and time they hold for: many hosts get the same files. */
const hashes = new Map<string, { readonly version: string; readonly hash: Promise<string> }>();

function hashOf(path: string, size: number, time: number): Promise<string> {
  const version = `${size} ${time}`;
  const known = hashes.get(path);
  if (known?.version === version) return known.hash;
  const hash = hashFile(path, size);
  hashes.set(path, { version, hash });
  return hash;
}

/** Up to this size a file is read without waiting, which takes a tenth of what waiting for it does. Bytes. */
const smallFile = 256 * 1024;

/** So much is read without waiting before all others have their turn, with the work of opening a file. Bytes. */
const share = 1024 * 1024;
const opening = 4096;
let taken = 0;

async function hashFile(path: string, size: number): Promise<string> {
  const hash = createHash("sha256");
  try {
    if (size > smallFile) await pipeline(createReadStream(path), hash);
    else {
      taken += opening + size;
      if (taken > share) {
        taken = 0;
        await nextTurn();
      }
      hash.update(readSmall(path));
    }
  } catch (error) {
    throw new ShowrunnerError("file.missing", `src: ${path} can't be read: ${fileProblem(error)}`);
  }
  return hash.digest("hex");
}

/** Whoever writes to a pipe that took the file's place is not waited for. */
function readSmall(path: string): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error("it is no file any more");
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
