/** Whether a step's code has read results of which a plan is not sure. */
import type { UnknownValue } from "../facts/unknown.ts";

export interface Uncertainty {
  /** Whether the code has read a result that is only likely: what follows from it is likely, too. */
  read: boolean;
  /**
   * The value that the code has read although only a real run can know it. That ends the step's plan; where the code has
   * caught the error and goes on, nobody knows what the step would really do.
   */
  unknown: UnknownValue | undefined;
}

export function noUncertainty(): Uncertainty {
  return { read: false, unknown: undefined };
}
