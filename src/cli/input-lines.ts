/** What a user answers on the standard input, line by line. */
import { createInterface, type Interface } from "node:readline";

/** One reader for all questions: what it has read ahead must not be lost between them. */
export class InputLines {
  readonly #reader: Interface;
  readonly #read: string[] = [];
  #ended = false;
  #waiting: ((line: string | undefined) => void) | undefined;

  constructor() {
    this.#reader = createInterface({ input: process.stdin });
    this.#reader.on("line", (line) => {
      this.#read.push(line);
      this.#serve();
    });
    this.#reader.on("close", () => {
      this.#ended = true;
      this.#serve();
    });
  }

  /** The next line, or undefined where the input has ended. */
  next(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#serve();
    });
  }

  close(): void {
    this.#reader.close();
  }

  #serve(): void {
    if (!this.#waiting || (this.#read.length === 0 && !this.#ended)) return;
    const serve = this.#waiting;
    this.#waiting = undefined;
    serve(this.#read.shift());
  }
}
