/** Shows an error that ended a command: a user's mistake without a stack trace, one of ours with what to report. */
import { styleText } from "node:util";
import { exitCode, formatLocation, messageOf, ShowrunnerError } from "../core/base/errors.ts";
import { redact } from "../secrets/secret.ts";

/**
 * Writes an error to stderr.
 *
 * @returns the exit code that belongs to it
 */
export function printError(error: unknown, { verbose = false } = {}): number {
  const lines = error instanceof ShowrunnerError ? describe(error) : describeInternal(error, verbose);
  process.stderr.write(`${redact(lines.join("\n"))}\n`);
  return error instanceof ShowrunnerError ? error.exitCode : exitCode.error;
}

function describe({ code, message, location, details, hint, cause }: ShowrunnerError): string[] {
  if (code === "internal") return describeInternal(cause ?? message, false);
  return [
    `${red("error:")} ${message}`,
    ...(location ? [`  at ${formatLocation(location)}`] : []),
    ...details.map((line) => `  ${line}`),
    ...(hint ? [`${styleText("cyan", "hint:", { stream: process.stderr })} ${hint}`] : []),
  ];
}

function describeInternal(error: unknown, verbose: boolean): string[] {
  const debug = verbose || process.env["DEBUG"] !== undefined;
  const stack = error instanceof Error ? (error.stack ?? error.message) : undefined;
  return [
    `${red("internal error:")} ${debug && stack !== undefined ? stack : messageOf(error)}`,
    `This is a mistake in Showrunner and not yours. Please report it${debug ? "" : "; with DEBUG=1 there is a stack trace to add"}.`,
  ];
}

function red(text: string): string {
  return styleText("red", text, { stream: process.stderr });
}
