/**
 * Every error a user can meet, in one registry: a stable code, an exit code and what to do next.
 * A message says what, where, expected and got; the hint says what to do.
 */
import { redact } from "../redaction/redact.ts";
import { cutRedacted } from "./cut.ts";

/** A place in a user's file. Lines and columns count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column?: number | undefined;
}

/** Ansible's exit codes, so that scripts around a run need not change. */
export const exitCode = {
  fine: 0,
  error: 1,
  hostFailed: 2,
  hostUnreachable: 4,
  usage: 5,
  interrupted: 99,
} as const;

/** The stable codes, each with the class of failure it belongs to. */
export const errorCodes = {
  usage: exitCode.usage,
  "params.invalid": exitCode.usage,
  "vars.invalid": exitCode.usage,
  "inventory.invalid": exitCode.usage,
  "inventory.pattern": exitCode.usage,
  "playbook.invalid": exitCode.usage,
  "file.missing": exitCode.usage,
  "secret.unavailable": exitCode.usage,
  "plan.invalid": exitCode.usage,
  "plan.untrusted": exitCode.usage,
  "task.outside-host": exitCode.error,
  "task.not-awaited": exitCode.error,
  "step.failed": exitCode.hostFailed,
  "task.failed": exitCode.hostFailed,
  "task.timeout": exitCode.hostFailed,
  "change.failed": exitCode.hostFailed,
  "change.not-applied": exitCode.hostFailed,
  "change.not-stated": exitCode.hostFailed,
  "fact.failed": exitCode.hostFailed,
  "template.invalid": exitCode.hostFailed,
  "become.refused": exitCode.hostFailed,
  "plan.incomplete": exitCode.hostFailed,
  "plan.moved": exitCode.hostFailed,
  "plan.diverged": exitCode.hostFailed,
  "lease.held": exitCode.hostFailed,
  "lease.failed": exitCode.hostFailed,
  "host.unreachable": exitCode.hostUnreachable,
  "host.key": exitCode.hostUnreachable,
  "host.auth": exitCode.hostUnreachable,
  "host.lost": exitCode.hostUnreachable,
  "lab.failed": exitCode.error,
  "lab.missing": exitCode.error,
  interrupted: exitCode.interrupted,
  internal: exitCode.error,
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetails {
  /** What to do next, in one or two sentences. */
  readonly hint?: string | undefined;
  /** The line of the user's file that led here. */
  readonly location?: Location | undefined;
  /** Further lines: a daemon's message, a command's last output, a list of problems. */
  readonly details?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/**
 * An error with a stable code, shown to a user without a stack trace. What it says is cleaned of all known secrets when
 * it is made: a step that catches it may print it.
 *
 * @example
 * throw new ShowrunnerError("inventory.pattern", `no host matches "wbe"`, { hint: `did you mean "web"?` });
 */
export class ShowrunnerError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly location: Location | undefined;
  readonly details: readonly string[];

  constructor(code: ErrorCode, message: string, { hint, location, details = [], cause }: ErrorDetails = {}) {
    super(bounded(message), cause === undefined ? undefined : { cause });
    this.name = "ShowrunnerError";
    this.code = code;
    this.hint = hint === undefined ? undefined : bounded(hint);
    this.location = location;
    this.details = boundedLines(details);
  }

  get exitCode(): number {
    return errorCodes[this.code];
  }

  /** The same error with the user's line, where it has none of its own. */
  at(location: Location | undefined): ShowrunnerError {
    if (this.location || !location) return this;
    const { hint, details, cause } = this;
    return new ShowrunnerError(this.code, this.message, { hint, details, cause, location });
  }
}

/** What of a message, a hint or a line of details is kept, in characters: hosts say what they like. */
const longestText = 8 * 1024;
/** Lines of details. */
const mostDetails = 1000;

function bounded(text: string): string {
  return redact(cutRedacted(text, longestText));
}

function boundedLines(details: readonly string[]): readonly string[] {
  const left = details.length - mostDetails;
  const kept = details.slice(0, mostDetails).map(bounded);
  return left > 0 ? [...kept, `… ${left} more lines`] : kept;
}

/** `file:line`, with the file relative to the working directory where it lies below it. */
export function formatLocation({ file, line, column }: Location): string {
  const here = `${process.cwd()}/`;
  const shown = file.startsWith(here) ? file.slice(here.length) : file;
  return column === undefined ? `${shown}:${line}` : `${shown}:${line}:${column}`;
}

/** What any thrown value says, in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
