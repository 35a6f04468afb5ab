/** A pipe or terminal that several read: what it gives comes once, and all of them get it. */
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { isatty, ReadStream } from "node:tty";
import { ShowrunnerError } from "./errors.ts";
import { onInterrupt } from "./interrupts.ts";

/** What it may give, in bytes: no file that a user names is as large, and one without an end would fill the memory. */
const limit = 64 * 1024 * 1024;

export class SharedStream {
  /** As the user named it. */
  readonly file: string;
  readonly #isTerminal: boolean;
  readonly #stream: ReadStream | Socket;
  readonly #content: Promise<Buffer>;
  readonly #ended: (content: Buffer | undefined) => void;
  readonly #stop: () => void;
  #isOver = false;
  #readers = 0;
  #size = 0;

  /**
   * @param descriptor is closed in the end, also where this throws
   * @param ended called once, as soon as nothing more comes from it: with what it gave, if that is all
   */
  constructor(file: string, descriptor: number, ended: (content: Buffer | undefined) => void) {
    this.file = file;
    this.#isTerminal = isatty(descriptor);
    try {
      this.#stream = this.#isTerminal
        ? new ReadStream(descriptor)
        : new Socket({ fd: descriptor, readable: true, writable: false });
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    this.#ended = ended;
    this.#stop = onInterrupt(() => this.#interrupt());
    this.#content = this.#readToEnd();
    // it is told to whoever still reads; nobody may
    this.#content.catch(() => undefined);
  }

  /**
   * @param signal ends the waiting of this reader alone; with the last one who gives it up the reading ends
   * @throws ShowrunnerError "interrupted"
   */
  read(signal: AbortSignal | undefined): Promise<Buffer> {
    this.#readers++;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        reject(this.#interrupted());
        if (--this.#readers === 0) this.#interrupt();
      };
      if (signal?.aborted) return giveUp();
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#content.then(resolve, reject).finally(() => signal?.removeEventListener("abort", giveUp));
    });
  }

  async #readToEnd(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of this.#stream) {
        pieces.push(piece);
        this.#size += piece.length;
        if (this.#size > limit) throw new Error(`it gives more than ${limit / 1024 / 1024} MiB`);
      }
      const content = Buffer.concat(pieces);
      this.#end(content);
      return content;
    } finally {
      this.#stream.destroy();
      this.#end(undefined);
    }
  }

  #interrupt(): void {
    this.#stream.destroy(this.#interrupted());
    this.#end(undefined);
  }

  #end(content: Buffer | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop();
    this.#ended(content);
  }

  #interrupted(): ShowrunnerError {
    const unfinished = this.#isTerminal ? "Ctrl-D has not been pressed" : "what writes to it has not ended";
    const state = this.#size === 0 ? "nothing has come from it" : unfinished;
    const what = this.#isTerminal ? "the terminal" : "a pipe";
    return new ShowrunnerError(
      "interrupted",
      `interrupted while waiting for ${this.file}, ${what}: ${state}`,
    );
  }
}
