/** What was read of one host, and is not stale as far as anybody knows. */
import type { EarlyReading } from "./early.ts";
import { EarlyAnswer } from "./early-answer.ts";
import { type Fact, type FactKey, factKeyId } from "./fact.ts";
import type { Answer } from "./fact-request.ts";
import type { Read } from "./read.ts";
import type { Staleness } from "./staleness.ts";
import type { World } from "./world.ts";

/** A value as it was read from the host. */
export interface ObservedFact {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
  /** The user that it was read as; undefined for the user of the connection. */
  readonly as: string | undefined;
  readonly value: unknown;
}

interface Observation {
  /** The world's count of changes when it was read. */
  readonly asOf: number;
  /** The value, once it has come: a promise would take as much memory again. */
  answer: Answer | Promise<Answer> | EarlyAnswer;
  /** Read before any task has asked for it. */
  early: EarlyReading | undefined;
}

/** How long all answers may be together that no task has asked for yet: a host may be hostile. Bytes. */
const earlyLimit = 4 * 1024 * 1024;

export class Observations {
  readonly #world: World;
  readonly #observed = new Map<Read, Observation>();

  constructor(world: World) {
    this.#world = world;
  }

  get(read: Read): Observation | undefined {
    return this.#observed.get(read);
  }

  has(read: Read): boolean {
    return this.#observed.has(read);
  }

  delete(read: Read): void {
    this.#observed.delete(read);
  }

  /** Keeps a value that is on its way. */
  keep(read: Read, coming: Promise<Answer>): Promise<Answer> {
    const observation = this.#add(read, coming, undefined);
    coming.then(
      (answer) => {
        observation.answer = answer;
      },
      () => this.#drop(read, observation),
    );
    return coming;
  }

  /** Keeps a value that is on its way before any task has asked for it. */
  keepEarly(read: Read, coming: EarlyAnswer, early: EarlyReading): void {
    const observation = this.#add(read, coming, early);
    coming.onEnd((answer) => {
      if (!answer) return this.#drop(read, observation);
      observation.answer = answer;
      early.came = Date.now();
    });
  }

  #add(read: Read, answer: Observation["answer"], early: EarlyReading | undefined): Observation {
    const observation: Observation = { asOf: this.#world.changes, answer, early };
    this.#observed.set(read, observation);
    return observation;
  }

  #drop(read: Read, observation: Observation): void {
    if (this.#observed.get(read) === observation) this.#observed.delete(read);
  }

  /** A value that was read early, if it still holds: from now on it is known like any other. */
  async claim(
    read: Read,
    observation: Observation,
    isOutdated: (early: EarlyReading) => boolean,
  ): Promise<Answer | undefined> {
    const { early } = observation;
    if (!early) return undefined;
    const answer = isOutdated(early) ? undefined : await ended(observation.answer);
    // while it was on its way, it may have become stale
    if (answer && this.#observed.get(read) === observation && !isOutdated(early)) {
      observation.early = undefined;
      return answer;
    }
    this.forgetEarly(isOutdated);
    return undefined;
  }

  /** Forgets what a change makes stale, or of that only what was read early. */
  forgetStale(staleness: Staleness, { onlyEarly }: { readonly onlyEarly: boolean }): void {
    for (const [read, one] of this.#observed) {
      if (onlyEarly && !one.early) continue;
      const value = arrived(one);
      const isStale = one.early
        ? staleness.includesEarly(read, value) || staleness.mayInclude(read, value)
        : staleness.includes(read, value);
      if (isStale) this.#observed.delete(read);
    }
  }

  forgetEarly(isOld: (early: EarlyReading, read: Read) => boolean): void {
    for (const [read, { early }] of this.#observed)
      if (early && isOld(early, read)) this.#observed.delete(read);
  }

  /** Forgets a value, whoever has read it. */
  forget(fact: { readonly name: string }, key: FactKey): void {
    const id = factKeyId(key);
    for (const read of this.#observed.keys())
      if (read.fact.name === fact.name && factKeyId(read.key) === id) this.#observed.delete(read);
  }

  /** All that has come and that tasks have asked for. */
  get asked(): readonly ObservedFact[] {
    return [...this.#observed].flatMap(([{ fact, key, as }, observation]) => {
      const answer = observation.early ? undefined : arrived(observation);
      return answer ? [{ fact, key, as, value: answer.value }] : [];
    });
  }

  /** How long the host's answer was, in bytes; 0 where there is none. */
  sizeOf(read: Read): number {
    const observation = this.#observed.get(read);
    return (observation && arrived(observation)?.size) ?? 0;
  }

  /** How long the answers may be that are asked for early now. Bytes. */
  get earlyRoom(): number {
    let room = earlyLimit;
    for (const observation of this.#observed.values())
      if (observation.early) room -= arrived(observation)?.size ?? 0;
    return Math.max(0, room);
  }
}

/** The value, where it has come. */
export function arrived({ answer }: Observation): Answer | undefined {
  return answer instanceof Promise || answer instanceof EarlyAnswer ? undefined : answer;
}

/** The value when it has come, or undefined where it could not be read. */
async function ended(answer: Observation["answer"]): Promise<Answer | undefined> {
  return answer instanceof EarlyAnswer ? answer.ended : Promise.resolve(answer).catch(() => undefined);
}
