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
  /** Of `run drift`: a host is not as the playbook describes it. */
  differs: 3,
  hostUnreachable: 4,
  usage: 5,
  interrupted: 99,
} as const;

/**
 * What kind of failure an error is, by which the engine goes (`failure-class.ts`):
 *
 * - `mistake`: something in the user's own files or on the command line, the same on every run
 * - `refusal`: the run may not do it: a kept plan, or another run's lease, stands against it
 * - `failure`: something on a host did not work
 * - `loss`: the host is not there, or lets nobody in
 * - `interruption`: somebody has ended the run
 * - `fault`: Showrunner's own, or its lab's
 */
type FailureClass = "mistake" | "refusal" | "failure" | "loss" | "interruption" | "fault";

/** The stable codes, each with what kind of failure it is and how the command then ends. */
export const errorCodes = {
  usage: { class: "mistake", exit: exitCode.usage },
  "params.invalid": { class: "mistake", exit: exitCode.usage },
  "vars.invalid": { class: "mistake", exit: exitCode.usage },
  "inventory.invalid": { class: "mistake", exit: exitCode.usage },
  "inventory.pattern": { class: "mistake", exit: exitCode.usage },
  "playbook.invalid": { class: "mistake", exit: exitCode.usage },
  "file.missing": { class: "mistake", exit: exitCode.usage },
  "secret.unavailable": { class: "mistake", exit: exitCode.usage },
  "plan.invalid": { class: "refusal", exit: exitCode.usage },
  "plan.untrusted": { class: "refusal", exit: exitCode.usage },
  "task.outside-host": { class: "mistake", exit: exitCode.error },
  "task.not-awaited": { class: "mistake", exit: exitCode.error },
  "step.failed": { class: "failure", exit: exitCode.hostFailed },
  "task.failed": { class: "failure", exit: exitCode.hostFailed },
  "task.timeout": { class: "failure", exit: exitCode.hostFailed },
  "change.failed": { class: "failure", exit: exitCode.hostFailed },
  "change.not-applied": { class: "failure", exit: exitCode.hostFailed },
  "change.not-stated": { class: "failure", exit: exitCode.hostFailed },
  "fact.failed": { class: "failure", exit: exitCode.hostFailed },
  "template.invalid": { class: "mistake", exit: exitCode.hostFailed },
  "become.refused": { class: "failure", exit: exitCode.hostFailed },
  "plan.incomplete": { class: "refusal", exit: exitCode.hostFailed },
  "plan.moved": { class: "refusal", exit: exitCode.hostFailed },
  "plan.diverged": { class: "refusal", exit: exitCode.hostFailed },
  "lease.held": { class: "refusal", exit: exitCode.hostFailed },
  "lease.failed": { class: "refusal", exit: exitCode.hostFailed },
  "host.unreachable": { class: "loss", exit: exitCode.hostUnreachable },
  "host.key": { class: "loss", exit: exitCode.hostUnreachable },
  "host.auth": { class: "loss", exit: exitCode.hostUnreachable },
  "host.lost": { class: "loss", exit: exitCode.hostUnreachable },
  "lab.failed": { class: "fault", exit: exitCode.error },
  "lab.missing": { class: "fault", exit: exitCode.error },
  interrupted: { class: "interruption", exit: exitCode.interrupted },
  internal: { class: "fault", exit: exitCode.error },
} as const satisfies Record<string, { readonly class: FailureClass; readonly exit: number }>;

/** What an error is known by, whatever its words: `task.failed`, `host.unreachable`. Codes stay what they are. */
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
    return errorCodes[this.code].exit;
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
