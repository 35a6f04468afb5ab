/** What tasks are expected to read on one host: learned from earlier runs, or from tasks that exist already. */
import { type Fact, type FactKey, factKeyId } from "./fact.ts";

/** A fact that is expected to be read. */
export interface ExpectedRead {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
  /** The user that it is read as; undefined for the user of the connection. */
  readonly as: string | undefined;
  /** How many tasks will ask for it. */
  readonly times: number;
}

/** One expected fact, as long as it is expected. */
interface Expectation {
  readonly id: string;
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
  readonly as: string | undefined;
  left: number;
  /** How often it was read before anybody asked. */
  tries: number;
}

/** A fact that becomes stale this often before it is asked for is left to the task that asks. */
const mostTries = 4;

/** The most facts that are read early at once. */
const mostAtOnce = 2000;

/** A fact's value for a key, by the user that reads it. */
export function readId(as: string | undefined, fact: { readonly name: string }, key: FactKey): string {
  return `${as ?? ""}\0${fact.name}\0${factKeyId(key)}`;
}

/**
 * Whether a fact may be read before a task asks for it. Only a fact about the host's own state may, since that lasts
 * until something changes it. Answers of software and other hosts change by themselves, and the output of a task's own
 * command belongs to that task.
 */
export function mayBeReadEarly({ about, source }: Fact<FactKey, unknown>): boolean {
  return about === "host" && "script" in source && source.within === undefined;
}

export class Expectations {
  readonly #steps = new Map<string, Map<string, Expectation>>();
  #step: string | undefined;

  /** Adds expected reads of a step to those that are expected there already. */
  add(step: string, reads: Iterable<ExpectedRead>): void {
    const expected = this.#steps.get(step) ?? new Map<string, Expectation>();
    this.#steps.set(step, expected);
    for (const { fact, key, as, times } of reads) {
      if (!mayBeReadEarly(fact)) continue;
      const id = readId(as, fact, key);
      const known = expected.get(id);
      if (known) known.left = Math.max(known.left, times);
      else expected.set(id, { id, fact, key, as, left: times, tries: 0 });
    }
  }

  /** The host comes to a step. */
  begin(step: string): void {
    this.#step = step;
  }

  /** A task has read it. */
  met(step: string, id: string): void {
    const expectation = this.#steps.get(step)?.get(id);
    if (expectation) expectation.left--;
  }

  /**
   * The expected facts to read as a user that are not known: at first those of the whole run; stale facts are read
   * again only for the step that the host is in.
   *
   * @param isWanted whether one would be read
   */
  due(as: string | undefined, isWanted: (one: Expectation) => boolean): readonly Expectation[] {
    const due: Expectation[] = [];
    for (const [step, expected] of this.#steps)
      for (const one of expected.values()) {
        const { left, tries } = one;
        const isDue = left > 0 && (tries === 0 || (tries < mostTries && step === this.#step));
        if (!isDue || one.as !== as || !isWanted(one)) continue;
        if (due.length >= mostAtOnce) return due;
        one.tries++;
        due.push(one);
      }
    return due;
  }
}
