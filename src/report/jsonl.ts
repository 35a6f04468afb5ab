/** One event a line, as JSON: for programs. */
import { jsonText } from "../text/controls.ts";
import type { OutputStream, Reporter } from "./reporter.ts";
import { sayText } from "./terminal.ts";

/** A reporter that writes each event as it is. The last line is `run:end`. */
export function jsonlReporter(stream: OutputStream): Reporter {
  return {
    subscribe: (event) => sayText(stream, `${jsonText(event)}\n`),
    close: async () => undefined,
  };
}
