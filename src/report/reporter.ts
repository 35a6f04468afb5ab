/** What every reporter is: a subscriber to a run's events that writes to a stream. */
import type { TimedEvent } from "../core/events/events.ts";
import type { Style } from "./style.ts";

/** Where a reporter writes. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface ReportOptions {
  /** Also what is as it should be, commands' output, and round trips. */
  readonly verbose: boolean;
  /** Show what changes in files, line by line. */
  readonly diff: boolean;
  readonly style: Style;
}

export interface Reporter {
  subscribe(event: TimedEvent): void;
  /** Writes what is left to be written; also where a run ended without `run:end`. */
  close(): Promise<void>;
}
