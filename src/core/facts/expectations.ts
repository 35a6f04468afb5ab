/** What tasks are expected to read on one host: learned from earlier runs, or from tasks that exist already. */
import type { Fact, FactKey } from "./fact.ts";
import type { ExpectedRead, Read } from "./read.ts";

/** One expected fact, as long as it is expected. */
interface Expectation {
  left: number;
  /** How often it was read before anybody asked. */
  tries: number;
}

/** A fact that becomes stale this often before it is asked for is left to the task that asks. */
const mostTries = 10;

/** The most facts that are read early at once. */
const mostAtOnce = 2000;

/**
 * Whether a fact may be read before a task asks for it. Only a fact about the host's own state may, since that lasts
 * until something changes it. Answers of software and other hosts change by themselves, and the output of a task's own
 * command belongs to that task.
 */
export function mayBeReadEarly({ about, source }: Fact<FactKey, unknown>): boolean {
  return about === "host" && "script" in source && source.within === undefined;
}

/** What is expected of a step. */
export type StepExpectation = readonly [step: string, reads: Iterable<ExpectedRead>];

export class Expectations {
  readonly #steps = new Map<string, Map<Read, Expectation>>();
  /** Of which steps something is known from earlier runs. */
  readonly #recalled = new Set<string>();
  #step: string | undefined;
  #remembered: (() => Iterable<StepExpectation>) | undefined;

  /** Adds expected reads of a step to those that are expected there already. */
  add(step: string, reads: Iterable<ExpectedRead>): void {
    const expected = this.#steps.get(step) ?? new Map<Read, Expectation>();
    this.#steps.set(step, expected);
    for (const { read, times } of reads) {
      if (!mayBeReadEarly(read.fact)) continue;
      const known = expected.get(read);
      if (known) known.left = Math.max(known.left, times);
      else expected.set(read, { left: times, tries: 0 });
    }
  }

  /** Adds what is known from earlier runs, once it is needed: most of many hosts wait for their turn. */
  remember(reads: () => Iterable<StepExpectation>): void {
    this.#remembered = reads;
  }

  /** Whether the next request asks for what earlier runs have read in a step. */
  isRecalled(step: string): boolean {
    this.#recall();
    if (!this.#recalled.has(step)) return false;
    return [...(this.#steps.get(step)?.values() ?? [])].some(({ tries }) => tries === 0);
  }

  /** The host comes to a step. */
  begin(step: string): void {
    this.#step = step;
  }

  /** A task has read it. */
  met(step: string, read: Read): void {
    const expected = this.#steps.get(step);
    const expectation = expected?.get(read);
    if (expectation && --expectation.left <= 0) expected?.delete(read);
  }

  /**
   * The expected facts to read as a user that are not known: at first those of the whole run; stale facts are read
   * again only for the step that the host is in.
   *
   * @param isWanted whether one would be read
   */
  due(as: string | undefined, isWanted: (one: Read) => boolean): readonly Read[] {
    this.#recall();
    const due: Read[] = [];
    for (const [step, expected] of this.#steps)
      for (const [read, expectation] of expected) {
        const { tries } = expectation;
        const isDue = tries === 0 || (tries < mostTries && step === this.#step);
        if (!isDue || read.as !== as || !isWanted(read)) continue;
        if (due.length >= mostAtOnce) return due;
        expectation.tries++;
        due.push(read);
      }
    return due;
  }

  #recall(): void {
    const remembered = this.#remembered;
    this.#remembered = undefined;
    for (const [step, reads] of remembered?.() ?? []) {
      this.#recalled.add(step);
      this.add(step, reads);
    }
  }
}
