/** One request for facts: one script for each fact, with all of its keys, and the delivery of the answers. */
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { isTurnOver, nextTurn } from "../../base/turns.ts";
import { EndlessOutput, lastLines } from "../../transport/output.ts";
import type { Session } from "../../transport/session.ts";
import type { Become, Output, ScriptRequest } from "../../transport/transport.ts";
import { type Fact, type FactKey, factKeyId, type ScriptedFact } from "./fact.ts";

/** A value as the host gave it. */
export interface Answer {
  readonly value: unknown;
  /** How long the host's answer was, shared among the keys that were read by one script. Bytes. */
  readonly size: number;
}

/** Who waits for a fact's value. */
interface Waiting {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

interface Wanted {
  readonly key: FactKey;
  readonly by: Waiting;
}

/** What a script's answer says of one fact. */
interface Reading {
  readonly fact: Fact<FactKey, unknown>;
  readonly wanted: readonly Wanted[];
  readonly limit: number;
  parse(stdout: Buffer): ReadonlyMap<FactKey, unknown>;
}

interface FactScript {
  /** Mostly one. */
  readonly readings: Reading[];
}

export class FactRequest {
  readonly #facts = new Map<Fact<FactKey, unknown>, Wanted[]>();
  readonly #limit: number | undefined;
  #scripts: readonly FactScript[] = [];

  /** @param limit how much all scripts together may print. Bytes. Default: as much as their facts allow */
  constructor(limit?: number) {
    this.#limit = limit;
  }

  want<K extends FactKey, V>(fact: Fact<K, V>, key: K): Promise<Answer>;
  want(fact: Fact<FactKey, unknown>, key: FactKey): Promise<Answer> {
    return new Promise((resolve, reject) => this.wantFor({ resolve, reject }, fact, key));
  }

  /** The same for who is no promise. */
  protected wantFor(by: Waiting, fact: Fact<FactKey, unknown>, key: FactKey): void {
    const wanted = this.#facts.get(fact);
    if (wanted) wanted.push({ key, by });
    else this.#facts.set(fact, [{ key, by }]);
  }

  /** Whether anything is asked that a script reads. */
  get hasScripts(): boolean {
    return [...this.#facts.keys()].some(({ source }) => "script" in source);
  }

  /**
   * Leaves to another request what that one reads in any case: a whole database is read as fast for more keys. The
   * other request then answers those who wait here.
   */
  leaveTo(other: FactRequest): void {
    for (const [fact, wanted] of this.#facts) {
      const asked = "script" in fact.source && fact.source.readsAll ? other.#facts.get(fact) : undefined;
      if (!asked) continue;
      asked.push(...wanted);
      this.#facts.delete(fact);
    }
  }

  /** Reads the facts that have no script. */
  probe(session: Session, become: Become | undefined): void {
    for (const [fact, wanted] of this.#facts) {
      const { source } = fact;
      if (!("read" in source)) continue;
      const keys = wanted.map(({ key }) => key);
      void deliver(fact, wanted, async () => ({ values: await source.read(session, keys, become), size: 0 }));
    }
  }

  /**
   * Makes the scripts of the other facts; facts with the same script share it. If a script can't be made, all who wait
   * for its fact get the error.
   *
   * @param timeout milliseconds
   * @returns undefined where there is nothing to ask
   */
  scripts(timeout: number): ScriptRequest | undefined {
    const made = new Map<string, FactScript>();
    const scripted = [...this.#facts].flatMap(([fact, wanted]): Scripted[] =>
      "script" in fact.source ? [{ fact, source: fact.source, wanted }] : [],
    );
    // those that another one's script may answer come last
    for (const one of scripted) if (!one.source.printedBy) addScript(made, one);
    for (const one of scripted) if (one.source.printedBy) addAnswered(made, one);
    this.#scripts = [...made.values()];
    if (made.size === 0) return undefined;
    const limits = this.#scripts.map(({ readings }) => Math.max(...readings.map(({ limit }) => limit)));
    return { scripts: [...made.keys()], limits, limit: this.#limit, timeout };
  }

  /** The same, where nobody is to wait for the answers of later scripts: each is delivered as soon as it comes. */
  scriptsDeliveredEach(timeout: number): ScriptRequest | undefined {
    const request = this.scripts(timeout);
    return request && { ...request, onAnswer: (index, output) => void this.#deliverOne(index, output) };
  }

  /** Gives everybody the value. Never rejects. */
  async deliver(answers: PromiseLike<readonly Output[]>): Promise<void> {
    try {
      for (const [index, output] of (await answers).entries()) await this.#deliverOne(index, output);
    } catch (error) {
      this.reject(
        error instanceof EndlessOutput
          ? unreadable(this.#scripts[error.index]?.readings[0]?.fact, error)
          : error,
      );
    }
  }

  /** Tells everybody who waits for a script's answer that none comes. */
  reject(error: unknown): void {
    for (const { readings } of this.#scripts)
      for (const { wanted } of readings) for (const { by } of wanted) by.reject(error);
  }

  async #deliverOne(index: number, output: Output): Promise<void> {
    const readings = this.#scripts[index]?.readings ?? [];
    const keys = readings.reduce((sum, { wanted }) => sum + wanted.length, 0);
    for (const { fact, wanted, parse } of readings) {
      while (isTurnOver()) await nextTurn();
      await deliver(fact, wanted, async () => {
        const values = parse(succeeded(fact, output));
        return { values, size: Math.ceil(output.stdout.length / keys) };
      });
    }
  }
}

/** A fact of a request that is read by a script. */
interface Scripted {
  readonly fact: Fact<FactKey, unknown>;
  readonly source: ScriptedFact<FactKey, unknown>;
  readonly wanted: readonly Wanted[];
}

function addScript(made: Map<string, FactScript>, one: Scripted): void {
  const { source, wanted } = one;
  try {
    const text = `LC_ALL=C; export LC_ALL\n${source.script(wanted.map(({ key }) => key)).text}`;
    const reading = readingOf(one);
    const same = made.get(text);
    if (same) same.readings.push(reading);
    else made.set(text, { readings: [reading] });
  } catch (error) {
    for (const { by } of wanted) by.reject(error);
  }
}

/** Has another fact's script answer for this one, if that script is there. */
function addAnswered(made: Map<string, FactScript>, one: Scripted): void {
  const { printedBy } = one.source;
  const others = [...made.values()];
  const script = others.find(({ readings }) => readings.some(({ fact }) => fact.name === printedBy?.name));
  if (script) script.readings.push(readingOf(one));
  else addScript(made, one);
}

function readingOf({ fact, source, wanted }: Scripted): Reading {
  const keys = wanted.map(({ key }) => key);
  const limit = source.limit?.(keys) ?? usualLimit(keys);
  return { fact, wanted, limit, parse: (stdout) => source.parse(stdout, keys) };
}

interface Answers {
  readonly values: ReadonlyMap<FactKey, unknown>;
  readonly size: number;
}

/**
 * The longest answer of a fact without a limit of its own: an answer is parsed in one turn of the event loop. Bytes.
 */
export function usualLimit(keys: readonly FactKey[]): number {
  return 512 * 1024 + keys.length * 16 * 1024;
}

function succeeded(fact: { readonly name: string }, output: Output): Buffer {
  if (output.status !== 0)
    throw new ShowrunnerError(
      "fact.failed",
      `the fact ${fact.name} could not be read: its script ended with status ${output.status}`,
      { details: lastLines(output, 5) },
    );
  try {
    return output.stdout;
  } catch (error) {
    throw unreadable(fact, error);
  }
}

/** The error for an answer that is too long. */
function unreadable(fact: { readonly name: string } | undefined, error: unknown): ShowrunnerError {
  return new ShowrunnerError("fact.failed", `the fact ${fact?.name} could not be read: ${messageOf(error)}`, {
    hint: "no healthy host prints that much for this fact: look at what the fact's commands print there",
    cause: error,
  });
}

/** Reads a fact and gives everybody its value, or the error. Never rejects. */
async function deliver(
  fact: { readonly name: string },
  wanted: readonly Wanted[],
  read: () => Promise<Answers>,
): Promise<void> {
  try {
    const { values, size } = await read();
    for (const { key, by } of wanted) {
      const value = values.get(key);
      if (value instanceof ShowrunnerError) by.reject(value);
      else if (values.has(key)) by.resolve({ value, size });
      else
        by.reject(
          new ShowrunnerError("fact.failed", `the fact ${fact.name} gave no value for ${factKeyId(key)}`),
        );
    }
  } catch (error) {
    for (const { by } of wanted) by.reject(error);
  }
}
