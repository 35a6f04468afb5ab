/** How a play goes through its hosts: what its author may say, and what that comes to. */
import { flag, oneOf, oneOrMore, percentage, type } from "../../base/option-types.ts";
import type { OptionTypes } from "../../base/options.ts";
import { type BatchSize, batchSize, type HostOrder, hostOrders, type Tolerance } from "./rolling.ts";

const strategies = ["linear", "free"] as const;

/** Whether hosts wait for each other after every step. */
type Strategy = (typeof strategies)[number];

export interface RollingOptions {
  /**
   * How many hosts are taken through the whole play at a time: a number, a share of the play's hosts, or a list of
   * them of which the last one repeats. Default: all.
   */
  readonly serial?: BatchSize | readonly BatchSize[];
  /** In which order hosts are taken. Default: the inventory's. */
  readonly order?: HostOrder;
  /**
   * The share of a batch's hosts that may fail, be unreachable or time out, in percent; when more do, the run stops
   * after the batch's handlers. Default: the run goes on as long as one host of the batch is left.
   */
  readonly maxFailPercentage?: number;
  /** True: one failed host is enough to stop the run. */
  readonly anyErrorsFatal?: boolean;
  /** `linear`: each step is done on all hosts of the batch before the next begins; `free`: nobody waits. Default linear. */
  readonly strategy?: Strategy;
}

/** The options with their defaults. */
export interface Rolling extends Tolerance {
  /** Valid sizes of batches; none: all hosts at once. */
  readonly sizes: readonly BatchSize[];
  readonly order: HostOrder;
  readonly strategy: Strategy;
}

/** What each of them may be. */
export const rollingOptionTypes: OptionTypes<RollingOptions> = {
  serial: oneOrMore(type('a whole number above 0 or a share such as "25%"', isSize)),
  order: oneOf(hostOrders),
  strategy: oneOf(strategies),
  maxFailPercentage: percentage,
  anyErrorsFatal: flag,
};

/** @param options checked ones */
export function rollingOf({
  serial = [],
  order = "inventory",
  strategy = "linear",
  maxFailPercentage,
  anyErrorsFatal,
}: RollingOptions): Rolling {
  const sizes = typeof serial === "object" ? serial : [serial];
  return { sizes, order, strategy, maxFailPercentage, anyErrorsFatal };
}

function isSize(value: unknown): boolean {
  return (typeof value === "number" || typeof value === "string") && batchSize(value, 1) !== undefined;
}
