/** Cuts a process's output into whole lines, without splitting a character that came in two pieces. */
import { StringDecoder } from "node:string_decoder";

type Stream = "stdout" | "stderr";

export class LineSplitter {
  readonly #emit: (stream: Stream, line: string) => void;
  readonly #state = {
    stdout: { decoder: new StringDecoder("utf8"), rest: "" },
    stderr: { decoder: new StringDecoder("utf8"), rest: "" },
  };

  constructor(emit: (stream: Stream, line: string) => void) {
    this.#emit = emit;
  }

  push(stream: Stream, chunk: Buffer): void {
    const state = this.#state[stream];
    const parts = (state.rest + state.decoder.write(chunk)).split("\n");
    state.rest = parts.pop() ?? "";
    for (const line of parts) this.#emit(stream, line);
  }

  /** Emits what stands after the last newline. */
  end(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const state = this.#state[stream];
      const rest = state.rest + state.decoder.end();
      state.rest = "";
      if (rest !== "") this.#emit(stream, rest);
    }
  }
}
