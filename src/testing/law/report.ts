/** The results of checking modules against the law. */
import type { LawRow } from "./table.ts";

/** The result of one article of a case. */
export interface LawOutcome {
  readonly module: string;
  /** Where: a suite, or nothing for a plan without a host. */
  readonly suite: string | undefined;
  /** The case's name. */
  readonly name: string;
  /** The article: `pure`, `predicts`, `applies`, … */
  readonly article: string;
  /** What differs, a line each; none where it holds. */
  readonly problems: readonly string[];
}

export interface LawReport {
  /** One for each module and suite. */
  readonly rows: readonly LawRow[];
  /** The articles that do not hold. */
  readonly failures: readonly LawOutcome[];
  /** The ends that nothing was held to, since no host was given and only a host shows them. */
  readonly onlyOnHosts: readonly OnlyOnHosts[];
}

/** What a case says of its end, where its changes may alter that and do not say to what. */
export interface OnlyOnHosts {
  readonly module: string;
  /** The case's name. */
  readonly name: string;
  /** The facts, a line each: `user app`. */
  readonly facts: readonly string[];
}
