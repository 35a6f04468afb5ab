/** Lines at the bottom of the terminal that are drawn again and again, below others that stay. */
import type { OutputStream } from "./reporter.ts";
import { printable, say } from "./terminal.ts";

const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
/** A line that is too long must not take a second row: the next erasing would miss one. */
const noWrap = "\u001b[?7l";
const wrap = "\u001b[?7h";

export class Screen {
  readonly #stream: OutputStream;
  #drawn: readonly string[] = [];
  #ended = false;
  readonly #restore = () => this.end();

  constructor(stream: OutputStream) {
    this.#stream = stream;
    // also where a second Ctrl-C ends the process at once
    process.once("exit", this.#restore);
  }

  /** Draws the lines in the place of those drawn before, below lines that stay. */
  draw(lines: readonly string[], staying: readonly string[] = []): void {
    if (this.#ended) {
      say(this.#stream, ...staying);
      return;
    }
    if (staying.length === 0 && lines.join("\n") === this.#drawn.join("\n")) return;
    const above = staying.length === 0 ? "" : `${printable(staying)}\n`;
    this.#stream.write(`${hideCursor}${this.#erase()}${above}${noWrap}${printable(lines)}${wrap}`);
    this.#drawn = lines;
  }

  /** Takes the drawn lines away and gives the cursor back. */
  end(): void {
    if (this.#ended) return;
    if (this.#drawn.length > 0) this.#stream.write(`${this.#erase()}${showCursor}`);
    this.#drawn = [];
    this.#ended = true;
    process.off("exit", this.#restore);
  }

  #erase(): string {
    if (this.#drawn.length === 0) return "";
    const up = this.#drawn.length > 1 ? `\u001b[${this.#drawn.length - 1}A` : "";
    return `\r${up}\u001b[0J`;
  }
}
