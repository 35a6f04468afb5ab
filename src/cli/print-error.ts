/** Shows an error that ended a command: a user's mistake without a stack trace, one of ours with what to report. */
import { exitCode, formatLocation, messageOf, ShowrunnerError } from "../base/errors.ts";
import { redact } from "../redaction/redact.ts";
import { type Colour, say, styleFor } from "../report/index.ts";

const style = (colour: Colour, text: string) => styleFor(process.stderr)(colour, text);

/**
 * Writes an error to stderr.
 *
 * @returns the exit code that belongs to it
 */
export function printError(error: unknown, { verbose = false } = {}): number {
  const lines = error instanceof ShowrunnerError ? describe(error) : describeInternal(error, verbose);
  say(process.stderr, ...lines.flatMap((line) => redact(line).split("\n")));
  return error instanceof ShowrunnerError ? error.exitCode : exitCode.error;
}

function describe({ code, message, location, details, hint, cause }: ShowrunnerError): string[] {
  if (code === "internal") return describeInternal(cause ?? message, false);
  return [
    `${style("red", "error:")} ${message}`,
    ...(location ? [`  at ${formatLocation(location)}`] : []),
    ...details.flatMap((detail) => detail.split("\n")).map((line) => `  ${line}`),
    ...(hint ? [`${style("cyan", "hint:")} ${hint}`] : []),
  ];
}

function describeInternal(error: unknown, verbose: boolean): string[] {
  const debug = verbose || process.env["DEBUG"] !== undefined;
  const stack = error instanceof Error ? (error.stack ?? error.message) : undefined;
  return [
    `${style("red", "internal error:")} ${debug && stack !== undefined ? stack : messageOf(error)}`,
    `This is a bug in Showrunner, not a mistake of yours. Please report it${debug ? "" : "; with DEBUG=1 there is a stack trace to add"}.`,
  ];
}
