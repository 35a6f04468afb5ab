/**
 * Files that users name. Any of them may be a pipe, such as the shell makes for `<(…)`: what waits for one holds up
 * nothing else, and is ended by Ctrl-C and SIGTERM.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
} from "node:fs";
import { isatty } from "node:tty";
import { ShowrunnerError } from "./errors.ts";
import { fileProblem, noSuchFile } from "./file-problem.ts";
import { SharedStream } from "./shared-stream.ts";

/** Makes an error of why a file can't be read. */
export type Unreadable = (why: string, cause: unknown) => Error;

/** What pipes have given: it can be read once only, and may be needed again. By device and inode. */
const given = new Map<string, Buffer>();
const awaited = new Map<string, SharedStream>();

/**
 * Reads a file; of a pipe, all that is written to it until its writers have closed it.
 *
 * @param unreadable makes the error where it can't be read
 * @param signal ends this reader's waiting for a pipe, as Ctrl-C and SIGTERM do
 * @throws ShowrunnerError "interrupted", which says what was waited for; else what `unreadable` makes
 * @example
 * const text = await readUserFile(file, (why) => new ShowrunnerError("file.missing", `${file}: ${why}`));
 */
export async function readUserFile(
  file: string,
  unreadable: Unreadable = plain,
  signal?: AbortSignal,
): Promise<Buffer> {
  try {
    const opened = open(file);
    return opened.content ?? (await fromStream(file, opened, signal));
  } catch (error) {
    throw explained(file, error, unreadable);
  }
}

/** Waits for what a pipe gives, so that it can then be read at once; for another file, or none, it does nothing. */
export async function awaitPipe(file: string): Promise<void> {
  if (statSync(file, { throwIfNoEntry: false })?.isFIFO()) await readUserFile(file);
}

/** The pipes that are waited for just now, as users named them. */
export function pipesWaitedFor(): readonly string[] {
  return [...awaited.values()].map(({ file }) => file);
}

/**
 * The same at once, where nothing can be waited for: a pipe must have been read or awaited before.
 *
 * @throws what `unreadable` makes
 */
export function readUserFileNow(file: string, unreadable: Unreadable = plain): Buffer {
  try {
    const opened = open(file);
    if (opened.content) return opened.content;
    closeSync(opened.descriptor);
    throw new Error("it is a pipe, which can't be read here: give a file");
  } catch (error) {
    throw explained(file, error, unreadable);
  }
}

function plain(why: string, cause: unknown): Error {
  return new Error(why, { cause });
}

function explained(file: string, error: unknown, unreadable: Unreadable): Error {
  if (error instanceof ShowrunnerError) return error;
  const why = fileProblem(error);
  return unreadable(why === noSuchFile && isLink(file) ? "it is a link that leads nowhere" : why, error);
}

type Opened =
  | { readonly content: Buffer }
  | { readonly content?: undefined; readonly descriptor: number; readonly key: string };

/** Waits for nobody: without O_NONBLOCK, opening a pipe would wait for a writer. */
function open(file: string): Opened {
  const kind = kindOf(statSync(file)); // a device may do something when it is opened
  if (kind === "nothing") return { content: Buffer.alloc(0) };
  if (kind !== "file" && kind !== "stream") throw new Error(`it is ${kind}`);
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  let isKept = false;
  try {
    const stats = fstatSync(descriptor);
    const key = `${stats.dev} ${stats.ino}`;
    const content = stats.isFile() ? readFileSync(descriptor) : given.get(key);
    isKept = content === undefined;
    return content === undefined ? { descriptor, key } : { content };
  } finally {
    if (!isKept) closeSync(descriptor);
  }
}

function kindOf(stats: Stats): string {
  if (stats.isFile()) return "file";
  if (stats.isFIFO()) return "stream";
  if (stats.isDirectory()) return "a directory";
  if (stats.isSocket()) return "a socket";
  if (stats.rdev === statSync("/dev/null").rdev) return "nothing";
  // /dev/stdin, where it is the terminal
  return isatty(0) && stats.rdev === fstatSync(0).rdev ? "stream" : "a device";
}

/** Of one pipe there is one reading, however many want what it gives. */
function fromStream(
  file: string,
  { descriptor, key }: { readonly descriptor: number; readonly key: string },
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const running = awaited.get(key);
  if (running !== undefined) {
    closeSync(descriptor);
    return running.read(signal);
  }
  const stream = new SharedStream(file, descriptor, (content) => {
    if (content !== undefined) given.set(key, content);
    awaited.delete(key);
  });
  awaited.set(key, stream);
  return stream.read(signal);
}

function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
