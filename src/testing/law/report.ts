/** What came of holding modules to the law. */
import type { LawRow } from "./table.ts";

/** What is wrong with a case. */
export interface LawFailure {
  readonly module: string;
  /** Where: a suite, or nothing for a plan without a host. */
  readonly suite: string | undefined;
  /** The case's name. */
  readonly name: string;
  /** Of which article: `pure`, `predicts`, `applies`, … */
  readonly article: string;
  /** What differs, a line each. */
  readonly problems: readonly string[];
}

export interface LawReport {
  /** One for each module and suite. */
  readonly rows: readonly LawRow[];
  readonly failures: readonly LawFailure[];
}
