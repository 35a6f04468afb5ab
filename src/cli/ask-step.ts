/** `--step`: asks on the terminal before each step. */
import { createInterface, type Interface } from "node:readline";
import type { ConfirmStep, StepAnswer } from "../core/plays/confirm.ts";

const answers: Readonly<Record<string, StepAnswer>> = {
  y: "yes",
  yes: "yes",
  n: "no",
  no: "no",
  c: "continue",
  continue: "continue",
};

export interface StepAsker {
  readonly ask: ConfirmStep;
  /** Lets go of the terminal. */
  close(): void;
}

/** Asks until it is answered. Where the input ends, the answer is no: nothing is done that nobody wanted. */
export function stepAsker(): StepAsker {
  let lines: Lines | undefined;
  return {
    async ask({ play, step, hosts }) {
      lines ??= new Lines();
      for (;;) {
        // the report has stdout for itself
        process.stderr.write(`${play} / ${step} on ${hosts.join(", ")}: (y)es, (n)o, (c)ontinue? `);
        const line = await lines.next();
        const answer = line === undefined ? "no" : answers[line.trim().toLowerCase()];
        if (answer !== undefined) return answer;
      }
    },
    close: () => lines?.close(),
  };
}

/** The input's lines. One reader for all questions: what it has read ahead must not be lost between them. */
class Lines {
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
