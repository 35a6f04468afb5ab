/** What is kept of a script's output: all of it up to a limit, and only the end of a longer one. */
import { ShowrunnerError } from "../base/errors.ts";
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
  #bytes = Buffer.alloc(0);
  #length = 0;
  #size = 0;

  /**
   * @param limit bytes
   * @param shared the limit of this output and others together
   */
  constructor(limit: number = answerLimit, shared?: SharedLimit) {
    this.#limit = limit;
    this.#shared = shared;
  }

  push(piece: Buffer): void {
    const wasWhole = this.isWhole;
    // what came until then is all that could be read
    if (this.#shared?.take(piece.length) === false) this.#limit = Math.min(this.#limit, this.#size);
    this.#size += piece.length;
    if (this.isWhole) this.#append(piece);
    else this.#appendEnd(piece, wasWhole);
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
    if (this.isWhole) return this.#bytes.subarray(0, this.#length);
    throw new ShowrunnerError(
      "task.failed",
      `it printed ${inBytes(this.#size)} on its ${name}, of which ${inBytes(this.#limit)} at most can be read`,
      { hint: "let the command print less, or write to a file on the host" },
    );
  }

  /** The end of it, as text. */
  get end(): string {
    return this.#bytes.toString("utf8", Math.max(0, this.#length - endLimit), this.#length);
  }

  /** All of it, or its end below a line that says how much is missing. */
  get shown(): Buffer {
    if (this.isWhole) return this.#bytes.subarray(0, this.#length);
    const end = this.end;
    return Buffer.from(`… ${inBytes(this.#size - endLimit)} left out\n${end.slice(end.indexOf("\n") + 1)}`);
  }

  #append(piece: Buffer): void {
    const wanted = this.#length + piece.length;
    if (wanted > this.#bytes.length) {
      const room = Math.min(Math.max(wanted, 2 * this.#bytes.length), Math.max(this.#limit, wanted));
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
    ? `${streams.stdout.end}\n${streams.stderr.end}`
    : `${output.stdout.subarray(-endLimit)}\n${output.stderr.subarray(-endLimit)}`;
  const text = said.trim();
  return text === "" ? [] : text.split("\n").slice(-count);
}

/** What can be shown of each stream: of a stream that is too long, its end. */
export function shownOutput(output: Output): Pick<Output, "stdout" | "stderr"> {
  const streams = kept.get(output);
  return streams ? { stdout: streams.stdout.shown, stderr: streams.stderr.shown } : output;
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
