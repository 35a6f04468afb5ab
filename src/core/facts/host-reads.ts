/** What the tasks of a run read on one host: what is expected of them, and what is noted for the next run. */
import { Expectations, mayBeReadEarly, type StepExpectation } from "./expectations.ts";
import type { ExpectedRead, Read, ReadTable } from "./read.ts";

/** A step of a play. */
export interface StepName {
  readonly play: string;
  readonly step: string;
}

/** What was read in a step. */
export interface StepReads extends StepName {
  readonly reads: readonly ExpectedRead[];
  /** Whether that is all of it: the step's code has ended well. */
  readonly isWhole: boolean;
}

/** Facts with a longer answer are not read early. Bytes. */
const longestAnswer = 64 * 1024;

export class HostReads {
  readonly expectations = new Expectations();
  readonly isAhead: boolean;
  readonly #table: ReadTable;
  readonly #steps = new Map<string, Noted>();

  /**
   * @param table of the run
   * @param isAhead false: nothing is read before it is asked for
   */
  constructor(table: ReadTable, isAhead: boolean) {
    this.#table = table;
    this.isAhead = isAhead;
  }

  /** Expects a step's tasks to read this. */
  expect(step: StepName, reads: readonly ExpectedRead[]): void {
    if (this.isAhead) this.expectations.add(stepId(step), reads);
  }

  /** Expects what earlier runs have read. */
  remember(steps: () => readonly Omit<StepReads, "isWhole">[]): void {
    if (!this.isAhead) return;
    this.expectations.remember(() =>
      steps().map(({ reads, ...step }): StepExpectation => [stepId(step), reads]),
    );
  }

  /** Whether the next request asks for what earlier runs have read in a step. */
  isRecalled(step: StepName): boolean {
    return this.expectations.isRecalled(stepId(step));
  }

  /** The host comes to a step. */
  begin(step: StepName): void {
    this.expectations.begin(stepId(step));
    this.#noted(step).isWhole = false;
  }

  /** The step's code has ended well. */
  end(step: StepName): void {
    const noted = this.#noted(step);
    noted.isWhole = true;
    // from here on the host needs no list of its own
    if (noted.reads instanceof Map) noted.reads = this.#table.list(noted.reads);
  }

  /** A task has read something: one read less to expect. */
  met(step: StepName, read: Read): void {
    if (mayBeReadEarly(read.fact)) this.expectations.met(stepId(step), read);
  }

  /**
   * Has the next run expect a read.
   *
   * @param size how long the host's answer was, in bytes
   */
  note(step: StepName, read: Read, size: number): void {
    if (!mayBeReadEarly(read.fact) || size > longestAnswer) return;
    const noted = this.#noted(step);
    if (!(noted.reads instanceof Map))
      noted.reads = new Map(noted.reads.map(({ read, times }) => [read, times]));
    noted.reads.set(read, (noted.reads.get(read) ?? 0) + 1);
  }

  get steps(): StepReads[] {
    return [...this.#steps.values()].map(({ reads, ...step }) => ({
      ...step,
      reads: reads instanceof Map ? this.#table.list(reads) : reads,
    }));
  }

  /** The step may be another host's, if its code works on this host. */
  #noted({ play, step }: StepName): Noted {
    const id = stepId({ play, step });
    const known = this.#steps.get(id);
    if (known) return known;
    const noted: Noted = { play, step, reads: new Map(), isWhole: true };
    this.#steps.set(id, noted);
    return noted;
  }
}

interface Noted extends StepName {
  /** Each with how many tasks have asked for it; a list that hosts share once the step has ended. */
  reads: Map<Read, number> | readonly ExpectedRead[];
  isWhole: boolean;
}

export function stepId({ play, step }: StepName): string {
  return `${play}\0${step}`;
}
