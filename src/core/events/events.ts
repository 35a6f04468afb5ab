/** What a run says, as data. Core prints nothing: reporters and the journal subscribe. */

import type { ErrorCode, Location } from "../../base/errors.ts";
import type { TextDiff } from "../facts/change.ts";

/** How a task ended. `likely` and `unknown` occur in check mode only. */
export type TaskStatus = "ok" | "changed" | "failed" | "likely" | "unknown";

export interface ShownTask {
  /** Unique within the run. */
  readonly id: number;
  readonly module: string;
  /** What the task is about, in a few words: `nginx`, `/etc/hosts`, or its name. */
  readonly title: string;
  /** The roles that the task is part of, outermost first. */
  readonly roles: readonly string[];
  readonly location: Location | undefined;
}

export interface ShownChange {
  readonly what: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly diff?: TextDiff | undefined;
  /** What the task may alter, as its author says: `/etc/app.conf`, `unit app`. */
  readonly stated?: readonly string[] | undefined;
}

export interface ShownError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly location: Location | undefined;
  readonly details: readonly string[];
}

/** Why nobody knows what the rest of a step would do. */
export interface ShownUnknown {
  readonly message: string;
  /** The task whose result was read, and where it stands. */
  readonly task?: { readonly label: string; readonly location: Location | undefined } | undefined;
  /** The line that read it. */
  readonly location?: Location | undefined;
  readonly hint?: string | undefined;
}

/** Counts of tasks; `unreachable` counts hosts, and `failed` counts the tasks that failed their host. */
export interface Totals {
  ok: number;
  changed: number;
  failed: number;
  unreachable: number;
  /** Failures that `ignoreErrors` or `ignoreUnreachable` let pass. */
  ignored: number;
  likely: number;
  unknown: number;
}

export interface HostSummary extends Totals {
  roundTrips: number;
}

/** What a run was made from, where that is a file. */
export interface RunFiles {
  readonly playbook?: string | undefined;
  readonly inventory?: string | undefined;
}

/** Every event has a type and, once emitted, a time. */
export type RunEvent =
  | {
      type: "run:start";
      playbook: string;
      inventory: string;
      check: boolean;
      /** What it is part of: making a plan, or carrying one out. */
      purpose?: "plan" | "apply";
      /** Their paths, from the project's folder: two of them may have the same name. */
      files?: RunFiles;
      hosts: readonly string[];
    }
  | { type: "play:start"; play: string; hosts: readonly string[]; steps: readonly string[] }
  | {
      type: "step:start";
      play: string;
      step: string;
      hosts: readonly string[];
      /** Which of the play's batches it is, where there are several. */
      batch?: { number: number; of: number };
    }
  | { type: "host:step"; host: string; play: string; step: string }
  | { type: "host:step:end"; host: string; play: string; step: string; unknown?: ShownUnknown }
  | { type: "task:start"; host: string; step: string; task: ShownTask }
  | { type: "task:output"; host: string; task: number; stream: "stdout" | "stderr"; text: string }
  | { type: "task:retry"; host: string; task: number; attempt: number; attempts: number; reason: string }
  | {
      type: "task:end";
      host: string;
      step: string;
      task: ShownTask;
      status: TaskStatus;
      changes: readonly ShownChange[];
      /** Seconds. */
      seconds: number;
      /** Why the task is unknown; for a failed task, `ignored` or `interrupted` if it did not fail its host. */
      reason?: string;
      error?: ShownError;
    }
  | { type: "message"; host: string; text: string }
  | { type: "warning"; text: string; host?: string }
  | { type: "host:failed"; host: string; step: string; error: ShownError }
  | { type: "host:unreachable"; host: string; step: string; error: ShownError }
  | { type: "play:end"; play: string }
  | {
      type: "run:stopped";
      play: string;
      reason: string;
      /** The play's hosts that it did not touch: those of later batches, and any whose turn had not come. */
      untouched: readonly string[];
      /** The plays that were not begun. */
      plays: readonly string[];
    }
  | {
      type: "run:end";
      totals: Totals;
      hosts: Record<string, HostSummary>;
      seconds: number;
      exitCode: number;
    };

export type RunEventType = RunEvent["type"];

/** An event as subscribers get it: with the time, in milliseconds since 1970. */
export type TimedEvent = RunEvent & { readonly time: number };

export type Subscriber = (event: TimedEvent) => void;

export function emptyTotals(): Totals {
  return { ok: 0, changed: 0, failed: 0, unreachable: 0, ignored: 0, likely: 0, unknown: 0 };
}
