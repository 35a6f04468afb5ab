/** What a plan can't know. */

import type { Location } from "../../base/errors.ts";
import type { ChangeOutput } from "./change.ts";

/** Who asked for what, where that is known. */
interface UnknownDetails {
  /** The task whose result was read. */
  readonly task?: { readonly label: string; readonly location: Location | undefined } | undefined;
  /** The line that read it. */
  readonly location?: Location | undefined;
  readonly hint?: string | undefined;
}

/** Thrown where code reads a value that only a real run could give. Ends the step's plan as unknown. */
export class UnknownValue extends Error {
  readonly details: UnknownDetails;

  constructor(reason: string, details: UnknownDetails = {}) {
    super(reason);
    this.name = "UnknownValue";
    this.details = details;
  }
}

/** Thrown where a task's own condition reads the value of an attempt that failed before it had a value. */
export class NoValue extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "NoValue";
  }
}

/** Stands for the output of a change that was only predicted. */
export const notRun: ChangeOutput = {
  get stdout(): Buffer {
    throw new UnknownValue("it depends on what a command prints");
  },
  get stderr(): Buffer {
    throw new UnknownValue("it depends on what a command prints");
  },
  get status(): number {
    throw new UnknownValue("it depends on how a command ends");
  },
};
