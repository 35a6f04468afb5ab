/** Reporters: what a run looks like. */
import type { OutputStream, Reporter, ReportOptions } from "./reporter.ts";

export {
  defineReporter,
  isReporter,
  type ReporterBody,
  type ReporterContext,
  type ReporterDefinition,
  startReporter,
} from "./define.ts";
export type { OutputStream, Reporter, ReportOptions } from "./reporter.ts";
export { type Colour, plain, type Style, styleFor } from "./style.ts";
export { say, sayText } from "./terminal.ts";

export const reporterNames = ["tty", "plain", "jsonl"] as const;
export type ReporterName = (typeof reporterNames)[number];

/** Rows that redraw themselves on a terminal, lines anywhere else. */
export function defaultReporter({ isTTY }: OutputStream): ReporterName {
  return isTTY === true && !process.env["CI"] && process.env["TERM"] !== "dumb" ? "tty" : "plain";
}

/** Makes a reporter and loads only that one. */
export async function createReporter(
  name: ReporterName,
  stream: OutputStream,
  options: ReportOptions,
): Promise<Reporter> {
  switch (name) {
    case "tty":
      return (await import("./tty.ts")).ttyReporter(stream, options);
    case "plain":
      return (await import("./plain.ts")).plainReporter(stream, options);
    case "jsonl":
      return (await import("./jsonl.ts")).jsonlReporter(stream);
  }
}
