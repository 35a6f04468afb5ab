/** What a plan can't know. */
import type { ChangeOutput } from "./change.ts";

/** Thrown where code reads a value that only a real run could give. Ends the step's plan as unknown. */
export class UnknownValue extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "UnknownValue";
  }
}

/** Thrown where a task's own condition reads the value of a try that failed before it had one. */
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
