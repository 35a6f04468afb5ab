/** One event a line, as JSON: for programs. */
import type { OutputStream, Reporter } from "./reporter.ts";

/** A reporter that writes each event as it is. The last line is `run:end`. */
export function jsonlReporter(stream: OutputStream): Reporter {
  return {
    subscribe: (event) => stream.write(`${JSON.stringify(event)}\n`),
    close: async () => undefined,
  };
}
