/** What the tasks of a run read on one host: what is expected of them, and what is noted for the next run. */
import { Expectations, type ExpectedRead, mayBeReadEarly, readId } from "./expectations.ts";

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
  readonly #steps = new Map<string, Noted>();

  /** @param isAhead false: nothing is read before it is asked for */
  constructor(isAhead: boolean) {
    this.isAhead = isAhead;
  }

  /** Expects a step's tasks to read this. */
  expect(step: StepName, reads: readonly ExpectedRead[]): void {
    if (this.isAhead) this.expectations.add(stepId(step), reads);
  }

  /** The host comes to a step. */
  begin(step: StepName): void {
    this.expectations.begin(stepId(step));
    this.#noted(step).isWhole = false;
  }

  /** The step's code has ended well. */
  end(step: StepName): void {
    this.#noted(step).isWhole = true;
  }

  /** A task has read something: one read less to expect. */
  met(step: StepName, { fact, key, as }: Read): void {
    if (mayBeReadEarly(fact)) this.expectations.met(stepId(step), readId(as, fact, key));
  }

  /**
   * Has the next run expect a read.
   *
   * @param sizeOf how long the host's answer was, in bytes
   */
  note(step: StepName, { fact, key, as }: Read, sizeOf: (id: string) => number): void {
    if (!mayBeReadEarly(fact)) return;
    const id = readId(as, fact, key);
    if (sizeOf(id) > longestAnswer) return;
    const { reads } = this.#noted(step);
    const known = reads.get(id);
    if (known) known.times++;
    else reads.set(id, { fact, key, as, times: 1 });
  }

  get steps(): StepReads[] {
    return [...this.#steps.values()].map(({ reads, ...step }) => ({ ...step, reads: [...reads.values()] }));
  }

  /** The step may be another host's, if its code works on this host. */
  #noted({ play, step }: StepName): Noted {
    const noted = this.#steps.get(stepId({ play, step })) ?? { play, step, reads: new Map(), isWhole: true };
    this.#steps.set(stepId(noted), noted);
    return noted;
  }
}

type Read = Omit<ExpectedRead, "times">;

interface Noted extends StepName {
  readonly reads: Map<string, NotedRead>;
  isWhole: boolean;
}

interface NotedRead extends ExpectedRead {
  times: number;
}

export function stepId({ play, step }: StepName): string {
  return `${play}\0${step}`;
}
