/** Cuts a process's output into whole lines, without splitting a character that came in two pieces. */
import { StringDecoder } from "node:string_decoder";
import { cutRedacted, longestLine } from "./cut.ts";
import { isTurnOver, nextTurn } from "./turns.ts";

type Stream = "stdout" | "stderr";

/** Bytes that are decoded at a time, of a chunk of any size. */
const slice = 64 * 1024;
/** Characters of a line that are held until its end comes: more than are shown, so that a secret at the cut is found. */
const longestHeld = 2 * longestLine;
/** So many lines are told until it is asked whether it is the others' turn. */
const linesAtATime = 32;

/**
 * Tells lines as they come. Many of them are told over several turns of the event loop; a long one is cut, and says by
 * how much.
 */
export class LineSplitter {
  readonly #emit: (stream: Stream, line: string) => void;
  readonly #lines = { stdout: new OpenLine(), stderr: new OpenLine() };
  /** What is being told over several turns. */
  #work: Promise<void> | undefined;

  constructor(emit: (stream: Stream, line: string) => void) {
    this.#emit = emit;
  }

  /** @returns when all of its lines are told, where that takes several turns: no more should come before */
  push(stream: Stream, chunk: Buffer): Promise<void> | undefined {
    const telling = this.#tell(stream, chunk);
    if (!this.#work && telling.next().done) return undefined;
    const work = (this.#work ?? nextTurn()).then(() => toTheEnd(telling));
    this.#work = work;
    return work.then(() => {
      if (this.#work === work) this.#work = undefined;
    });
  }

  /** Tells what stands after the last newline. */
  async end(): Promise<void> {
    await this.#work;
    for (const stream of ["stdout", "stderr"] as const) {
      const open = this.#lines[stream];
      open.add(open.decoder.end());
      if (!open.isEmpty) this.#emit(stream, open.take());
    }
  }

  /** Comes back wherever it is the others' turn. */
  *#tell(stream: Stream, chunk: Buffer): Generator<void> {
    const open = this.#lines[stream];
    let told = 0;
    for (let at = 0; at < chunk.length; at += slice) {
      const text = open.decoder.write(chunk.subarray(at, at + slice));
      let from = 0;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
        open.add(text.slice(from, end));
        from = end + 1;
        const line = open.take();
        this.#emit(stream, line);
        const isMuch = ++told % linesAtATime === 0 || line.length > slice / linesAtATime;
        if (isMuch && isTurnOver()) yield;
      }
      open.add(text.slice(from));
    }
  }
}

/** A line of which the end has not come yet. */
class OpenLine {
  readonly decoder = new StringDecoder("utf8");
  #text = "";
  /** Characters that are not held. */
  #more = 0;

  get isEmpty(): boolean {
    return this.#text === "";
  }

  add(text: string): void {
    const room = longestHeld - this.#text.length;
    this.#text += text.length <= room ? text : text.slice(0, room);
    this.#more += Math.max(0, text.length - room);
  }

  take(): string {
    const line = cutRedacted(this.#text, longestLine, this.#more);
    this.#text = "";
    this.#more = 0;
    return line;
  }
}

async function toTheEnd(telling: Generator<void>): Promise<void> {
  while (!telling.next().done) await nextTurn();
}
