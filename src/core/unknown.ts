/** What a plan can't know. */
import type { ChangeOutput } from "./change.ts";

/** Thrown where code reads a value that only a real run could give. Ends the step's plan as unknown. */
export class UnknownValue extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "UnknownValue";
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
