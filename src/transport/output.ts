/**
 * What is kept of a script's output: all of it up to a limit, and only the end of a longer one. Of a long output little
 * is in memory: the rest waits in a file (spool.ts).
 */
import { ShowrunnerError } from "../base/errors.ts";
import { blockSize, type HostSpool, type SpoolEntry } from "./spool.ts";
import type { Output } from "./transport.ts";

/** The default limit for each stream of an answer. Bytes. */
const answerLimit = 16 * 1024 * 1024;

/** How much is kept of the end of a longer output, where programs say what went wrong. Bytes. */
const endLimit = 64 * 1024;

/** How far beyond its own limit a script may print before it is ended. Bytes. */
const patience = 64 * 1024 * 1024;

/** A script printed so much more than its limit that it was ended. */
export class EndlessOutput extends ShowrunnerError {
  /** Its place among the scripts that were sent together. */
  readonly index: number;

  constructor(index: number) {
    super("task.failed", `it printed more than ${inBytes(patience)}, and was ended`);
    this.index = index;
  }
}

/** How many bytes several outputs may have together. */
export class SharedLimit {
  #left: number;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#left = limit;
  }

  /** @returns false once all of them together are too long */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }
}

/**
 * Bytes as they come. Each piece is copied: a piece of one byte may else hold the whole packet that it came in.
 */
export class Kept {
  readonly #shared: SharedLimit | undefined;
  #limit: number;
  /** What of it is in memory: its end, where the rest is in a file. */
  #bytes = Buffer.alloc(0);
  #length = 0;
  #size = 0;
  /** Where it may wait, as long as there is room. */
  #spool: HostSpool | undefined;
  #inFile: SpoolEntry | undefined;

  /**
   * @param limit bytes
   * @param shared the limit of this output and others together
   * @param spool where a long output waits. Default: in memory
   */
  constructor(limit: number = answerLimit, shared?: SharedLimit, spool?: HostSpool) {
    this.#limit = limit;
    this.#shared = shared;
    this.#spool = spool;
  }

  push(piece: Buffer): void {
    const wasWhole = this.isWhole;
    // what came until then is all that could be read
    if (this.#shared?.take(piece.length) === false) this.#limit = Math.min(this.#limit, this.#size);
    this.#size += piece.length;
    if (this.isWhole) {
      this.#append(piece);
      this.#toFile(blockSize + endLimit);
    } else {
      this.#appendEnd(piece, wasWhole);
      if (wasWhole) this.#inFile?.free();
    }
  }

  /** All has come: of a long output nothing stays in memory. */
  end(): void {
    if (this.isWhole && this.isInFile) this.#toFile(1);
  }

  /** Whether it is to be read from a file. */
  get isInFile(): boolean {
    return (this.#inFile?.size ?? 0) > 0;
  }

  /** @param from how much is in memory when a block of it goes to the file, in bytes */
  #toFile(from: number): void {
    if (this.#length < from || !this.#spool) return;
    this.#inFile ??= this.#spool.entryFor(this);
    let at = 0;
    for (; this.#length - at >= from; at = Math.min(at + blockSize, this.#length))
      if (!this.#inFile.add(this.#bytes.subarray(at, Math.min(at + blockSize, this.#length)))) {
        this.#spool = undefined;
        break;
      }
    this.#bytes.copyWithin(0, at, this.#length);
    this.#length -= at;
    if (this.#length === 0) this.#bytes = Buffer.alloc(0);
  }

  #appendEnd(piece: Buffer, wasWhole: boolean): void {
    const end = this.#bytes.subarray(Math.max(0, this.#length - endLimit), this.#length);
    if (wasWhole || this.#length + piece.length > this.#bytes.length) {
      // twice the room, so that most pieces move nothing
      const room = wasWhole ? Buffer.allocUnsafe(2 * endLimit) : this.#bytes;
      this.#length = end.copy(room);
      this.#bytes = room;
    }
    this.#append(piece.subarray(-endLimit));
  }

  /** How many bytes came. */
  get size(): number {
    return this.#size;
  }

  /** Whether far more came than is kept. */
  get isEndless(): boolean {
    return this.#size > this.#limit + patience;
  }

  get isWhole(): boolean {
    return this.#size <= this.#limit;
  }

  /**
   * All that came.
   *
   * @param name how the error calls it
   * @throws ShowrunnerError `task.failed` where that is more than is kept
   */
  all(name: string): Buffer {
    if (this.isWhole) return this.#whole;
    throw new ShowrunnerError(
      "task.failed",
      `it printed ${inBytes(this.#size)} on its ${name}, of which ${inBytes(this.#limit)} at most can be read`,
      { hint: "let the command print less, or write to a file on the host" },
    );
  }

  get #whole(): Buffer {
    const inMemory = this.#bytes.subarray(0, this.#length);
    return this.#inFile && this.isInFile ? Buffer.concat([...this.#inFile.read(), inMemory]) : inMemory;
  }

  /** Its last lines, as text. */
  get lastText(): string {
    const isInMemory = !this.isInFile || this.#length >= endLimit;
    const last = isInMemory ? this.#bytes.subarray(0, this.#length) : this.#whole;
    return last.toString("utf8", Math.max(0, last.length - endLimit));
  }

  /** All of it, or its end below a line that says how much is missing. */
  get shown(): Buffer {
    if (this.isWhole) return this.#whole;
    const end = this.lastText;
    return Buffer.from(`… ${inBytes(this.#size - endLimit)} left out\n${end.slice(end.indexOf("\n") + 1)}`);
  }

  /** Of what goes to a file block by block, more than a block and its end is never in memory. */
  get #nextRoom(): number {
    const isLong = this.#spool !== undefined && this.#length > endLimit;
    return isLong ? blockSize + 2 * endLimit : 2 * this.#bytes.length;
  }

  #append(piece: Buffer): void {
    const wanted = this.#length + piece.length;
    if (wanted > this.#bytes.length) {
      const room = Math.min(Math.max(wanted, this.#nextRoom), Math.max(this.#limit, wanted));
      const larger = Buffer.allocUnsafe(room);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = wanted;
  }
}

/** The kept parts of answers that may be longer than what is kept. */
const kept = new WeakMap<Output, { readonly stdout: Kept; readonly stderr: Kept }>();

/** An answer, as it was kept. */
export function keptOutput(stdout: Kept, stderr: Kept, status: number): Output {
  for (const stream of [stdout, stderr]) stream.end();
  const output: Output = {
    get stdout() {
      return stdout.all("standard output");
    },
    get stderr() {
      return stderr.all("standard error");
    },
    status,
  };
  kept.set(output, { stdout, stderr });
  return output;
}

/**
 * The last lines that a script printed, errors last, however much that was: for an error's details.
 *
 * @param count how many at most
 */
export function lastLines(output: Output, count: number): string[] {
  const streams = kept.get(output);
  const said = streams
    ? `${streams.stdout.lastText}\n${streams.stderr.lastText}`
    : `${output.stdout.subarray(-endLimit)}\n${output.stderr.subarray(-endLimit)}`;
  const text = said.trim();
  return text === "" ? [] : text.split("\n").slice(-count);
}

/** What can be shown of each stream: of a stream that is too long, its end. */
export function shownOutput(output: Output): Pick<Output, "stdout" | "stderr"> {
  const streams = kept.get(output);
  return streams ? { stdout: streams.stdout.shown, stderr: streams.stderr.shown } : output;
}

/** Whether a stream of an answer is long, and waits in a file: each reading then reads it anew. */
export function isInFile(output: Output, stream: "stdout" | "stderr"): boolean {
  return kept.get(output)?.[stream].isInFile === true;
}

/** An answer whose status is reported elsewhere. */
export function endedWith(output: Output, status: number): Output {
  const streams = kept.get(output);
  return streams ? keptOutput(streams.stdout, streams.stderr, status) : { ...output, status };
}

/** A size in its unit: `312 bytes`, `4 MiB`, `533.4 MiB`. */
function inBytes(size: number): string {
  if (size < 1024) return `${size} bytes`;
  const [unit, value] = size < 1024 ** 2 ? ["KiB", size / 1024] : ["MiB", size / 1024 ** 2];
  return `${Number(value.toFixed(1))} ${unit}`;
}
