/** A keeper's lines as they come: few and short. Anything else does not come from a keeper. */

import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** The longest line names a holder, or a command of a dead run. Characters. */
const longestLine = 16 * 1024;
/** The most lines between two requests: the keeper prints a line for each process that a dead run left. */
const mostLines = 2000;

export class KeeperLines {
  readonly #decoder = new StringDecoder("utf8");
  readonly #lines: string[] = [];
  #rest = "";
  #since = 0;
  #ended = false;
  #flooded = false;
  #waiting: (() => void) | undefined;

  constructor(stream: Readable) {
    stream.on("data", (chunk: Buffer) => {
      this.#take(this.#decoder.write(chunk));
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    for (const event of ["end", "close", "error"]) stream.once(event, end);
  }

  /** Whether more came than a keeper would print: from then on nothing is kept. */
  get isFlooded(): boolean {
    return this.#flooded;
  }

  /** A request begins: what is answered is counted anew. */
  anew(): void {
    this.#since = 0;
  }

  /** The next line; undefined at the end, and once it is flooded. */
  async next(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#ended && !this.#flooded)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    return this.#flooded ? undefined : this.#lines.shift();
  }

  #take(text: string): void {
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0 && !this.#flooded; end = text.indexOf("\n", from)) {
      this.#lines.push(this.#rest + text.slice(from, end));
      this.#rest = "";
      from = end + 1;
      this.#flooded = ++this.#since > mostLines;
    }
    if (!this.#flooded) this.#rest += text.slice(from);
    this.#flooded ||= this.#rest.length > longestLine;
    if (this.#flooded) this.#rest = "";
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}
