/** The facts known of one host during one run: read in batches, kept until a change may have altered them. */

import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { isTurnOver, nextTurn } from "../../base/turns.ts";
import { EndlessOutput, lastLines } from "../../transport/output.ts";
import type { Session } from "../../transport/session.ts";
import type { Become, Output } from "../../transport/transport.ts";
import { Entrance } from "./entrance.ts";
import { type Fact, type FactKey, type FactValue, factKeyId, type Touch } from "./fact.ts";
import { identities, mayTouch, Reach } from "./invalidation.ts";
import { Places, realDirectory } from "./real-paths.ts";

/** A value with how sure it is. */
export interface Known<V> {
  readonly value: V;
  /** True where an earlier change of this plan may have altered it, one cannot tell how. */
  readonly tentative: boolean;
}

/** A value as it was read from the host. */
export interface ObservedFact {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
  /** The user that it was read as; undefined for the user of the connection. */
  readonly as: string | undefined;
  readonly value: unknown;
}

/** Counts what was changed, or predicted to change, anywhere in the run: what other hosts answer depends on it. */
export interface WorldClock {
  changes: number;
  /** Whether the run predicts changes and makes none. */
  readonly isPredicted: boolean;
}

interface Observation {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
  readonly as: string | undefined;
  /** The world's count of changes when it was read. */
  readonly asOf: number;
  readonly value: Promise<unknown>;
  /** The value once it has come. */
  settled?: { readonly value: unknown };
}

interface Prediction {
  readonly value: unknown;
  readonly tentative: boolean;
  /** Position among the plan's changes: a touch that came later makes it tentative. */
  readonly at: number;
}

interface Wanted {
  readonly key: FactKey;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What reading may take, for tasks that ask for no more time. Milliseconds. */
const readTimeout = 120_000;

export class FactStore {
  readonly #session: Session;
  readonly #world: WorldClock;
  readonly #entrance: Entrance;
  readonly #observed = new Map<string, Observation>();
  readonly #predicted = new Map<string, Prediction>();
  readonly #predictedBelow: { readonly touch: Touch; readonly prediction: Prediction }[] = [];
  readonly #places = new Places((become, directory) => this.#want(become, realDirectory, directory));
  readonly #touched: { readonly reach: Reach; readonly at: number }[] = [];
  readonly #wanted = new Map<
    string,
    { become: Become | undefined; facts: Map<Fact<FactKey, unknown>, Wanted[]>; timeout: number }
  >();
  readonly #users = new Set<string>();
  readonly #onNewUser: (become: Become | undefined) => void;
  #changes = 0;

  /** @param onNewUser called before the first read as a user: what is asked for in it is read along with that */
  constructor(
    session: Session,
    world: WorldClock,
    onNewUser: (become: Become | undefined) => void = () => undefined,
  ) {
    this.#session = session;
    this.#world = world;
    this.#entrance = new Entrance(session, world.isPredicted);
    this.#onNewUser = onNewUser;
  }

  /**
   * A fact's value for a key. Everything asked for in one tick leaves in one round trip.
   *
   * @param become the user to read as
   * @param timeout milliseconds that it may take, where that is more than the usual; what leaves in one round trip has
   *   the longest of all
   */
  async read<K extends FactKey, V>(
    become: Become | undefined,
    fact: Fact<K, V>,
    key: K,
    timeout = readTimeout,
  ): Promise<Known<V>> {
    const foreseen = this.#foreseen(fact, key);
    if (foreseen) return foreseen;
    const value = await this.#observe(become, fact, key, timeout);
    // only now it is known where a path lies: a change of this plan may have been foreseen under another name of it
    const elsewhereNamed = this.#foreseen(fact, key);
    if (elsewhereNamed) return elsewhereNamed;
    return { value, tentative: this.#isMoving(fact) || this.#isTouched(fact, key, value, 0) };
  }

  /**
   * Sees to it that the host lets a user in, of which nothing need be known.
   *
   * @throws ShowrunnerError `host.*`, `become.refused`
   */
  enter(become: Become | undefined): Promise<void> {
    return this.#entrance.enter(become);
  }

  /** Whether a plan has come to anything that may leave this host another one than it is now. */
  get isPredicted(): boolean {
    return this.#world.isPredicted && this.#changes > 0;
  }

  /** In check mode: what a change sets holds from now on, what it may touch is tentative. */
  predict(sets: readonly FactValue[], touches: readonly Touch[], tentative: boolean): void {
    const at = this.#count();
    this.#touched.push({ reach: new Reach(sets, touches), at });
    for (const { fact, key, value } of sets)
      for (const id of this.#identities(fact, key)) this.#predicted.set(id, { value, tentative, at });
    for (const touch of touches)
      if (typeof touch === "object" && "all" in touch)
        this.#predictedBelow.push({ touch, prediction: { value: touch.all, tentative, at } });
  }

  /** After a real change: what it sets or may touch is read afresh when next needed. */
  invalidate(sets: readonly FactValue[], touches: readonly Touch[]): void {
    this.#count();
    const set = new Set(sets.flatMap(({ fact, key }) => this.#identities(fact, key)));
    const facts = new Set(sets.map(({ fact }) => fact));
    const reach = new Reach(sets, touches);
    for (const [id, { fact, key, settled }] of this.#observed) {
      const isSet = facts.has(fact.name) && this.#identities(fact.name, key).some((name) => set.has(name));
      if (isSet || this.#isWithin(reach, fact, key, settled)) this.#observed.delete(id);
    }
    if (touches.some(mayTurnLinks)) this.#places.forget();
  }

  /** All that was read from the host and is not stale. */
  get observed(): readonly ObservedFact[] {
    return [...this.#observed.values()].flatMap(({ fact, key, as, settled }) =>
      settled ? [{ fact, key, as, value: settled.value }] : [],
    );
  }

  /** Forgets a value, so that the next reader looks again. */
  forget(fact: { readonly name: string }, key: FactKey): void {
    const name = `${fact.name}\0${factKeyId(key)}`;
    for (const id of this.#observed.keys()) if (id.endsWith(`\0${name}`)) this.#observed.delete(id);
  }

  #count(): number {
    this.#world.changes++;
    return ++this.#changes;
  }

  /** Whether it is about what other hosts answer, and changes were predicted that may lead to another answer. */
  #isMoving<K extends FactKey, V>({ about, source }: Fact<K, V>): boolean {
    if (about !== "world" || !this.#world.isPredicted) return false;
    return (source.mostlyOwn ? this.#changes : this.#world.changes) > 0;
  }

  #isTouched<K extends FactKey, V>(fact: Fact<K, V>, key: K, value: V, since: number): boolean;
  #isTouched(fact: Fact<FactKey, unknown>, key: FactKey, value: unknown, since: number): boolean {
    return this.#touched.some(({ reach, at }) => at > since && this.#isWithin(reach, fact, key, { value }));
  }

  #isWithin(
    reach: Reach,
    fact: Fact<FactKey, unknown>,
    key: FactKey,
    current: { readonly value: unknown } | undefined,
  ): boolean {
    const place = this.#places.ofKey(key);
    return reach.includes({ fact, key, place, current }, this.#places);
  }

  #identities(fact: string, key: FactKey): string[] {
    return identities(fact, key, this.#places.ofKey(key));
  }

  /** What the plan has come to say of it last, under whatever name. That stands for the type: only the fact predicts. */
  #foreseen<K extends FactKey, V>(fact: Fact<K, V>, key: K): Known<V> | undefined;
  #foreseen(fact: Fact<FactKey, unknown>, key: FactKey): Known<unknown> | undefined {
    if (this.#predicted.size === 0 && this.#predictedBelow.length === 0) return undefined;
    const place = this.#places.ofKey(key);
    const isBelow = (touch: Touch) =>
      mayTouch(touch, { fact, key, place, current: undefined }, (path) => this.#places.of(path));
    const predictions = [
      ...this.#identities(fact.name, key).flatMap((id) => this.#predicted.get(id) ?? []),
      ...this.#predictedBelow.flatMap(({ touch, prediction }) => (isBelow(touch) ? prediction : [])),
    ];
    const [last] = predictions.sort((a, b) => b.at - a.at);
    if (!last) return undefined;
    const { value } = last;
    return { value, tentative: last.tentative || this.#isTouched(fact, key, value, last.at) };
  }

  #observe<K extends FactKey, V>(
    become: Become | undefined,
    fact: Fact<K, V>,
    key: K,
    timeout: number,
  ): Promise<V>;
  #observe(
    become: Become | undefined,
    fact: Fact<FactKey, unknown>,
    key: FactKey,
    timeout: number,
  ): Promise<unknown> {
    const id = `${become?.user ?? ""}\0${fact.name}\0${factKeyId(key)}`;
    const existing = this.#observed.get(id);
    if (existing && (fact.about !== "world" || existing.asOf === this.#world.changes)) return existing.value;
    const wanted = this.#want(become, fact, key, timeout);
    const placed = this.#places.locate(become, key);
    const value = placed === undefined ? wanted : Promise.all([wanted, placed]).then(([known]) => known);
    const observation: Observation = { fact, key, as: become?.user, asOf: this.#world.changes, value };
    this.#observed.set(id, observation);
    value.then(
      (settled) => {
        observation.settled = { value: settled };
      },
      () => this.#observed.get(id) === observation && this.#observed.delete(id),
    );
    return value;
  }

  #want<K extends FactKey, V>(
    become: Become | undefined,
    fact: Fact<K, V>,
    key: K,
    timeout?: number,
  ): Promise<V>;
  #want(
    become: Become | undefined,
    fact: Fact<FactKey, unknown>,
    key: FactKey,
    timeout = readTimeout,
  ): Promise<unknown> {
    const user = become?.user ?? "";
    let batch = this.#wanted.get(user);
    if (!batch) {
      batch = { become, facts: new Map(), timeout: readTimeout };
      this.#wanted.set(user, batch);
      // after the promises of this tick, so that every plan that runs now has asked
      setImmediate(() => void this.#flush(user));
      if (!this.#users.has(user)) {
        this.#users.add(user);
        this.#onNewUser(become);
      }
    }
    batch.timeout = Math.max(batch.timeout, timeout);
    const wanted = batch.facts.get(fact) ?? [];
    batch.facts.set(fact, wanted);
    return new Promise((resolve, reject) => wanted.push({ key, resolve, reject }));
  }

  async #flush(user: string): Promise<void> {
    const batch = this.#wanted.get(user);
    this.#wanted.delete(user);
    if (!batch) return;
    const { become, timeout } = batch;
    const scripts: {
      text: string;
      fact: Fact<FactKey, unknown>;
      wanted: Wanted[];
      limit: number;
      parse: (stdout: Buffer) => ReadonlyMap<FactKey, unknown>;
    }[] = [];
    for (const [fact, wanted] of batch.facts) {
      const keys = wanted.map(({ key }) => key);
      const { source } = fact;
      if ("read" in source) {
        void settle(fact, wanted, () => source.read(this.#session, keys, become));
        continue;
      }
      try {
        const text = `LC_ALL=C; export LC_ALL\n${source.script(keys).text}`;
        const limit = source.limit?.(keys) ?? usualLimit(keys);
        scripts.push({ text, fact, wanted, limit, parse: (stdout) => source.parse(stdout, keys) });
      } catch (error) {
        for (const { reject } of wanted) reject(error);
      }
    }
    if (scripts.length === 0) return;
    try {
      const texts = scripts.map(({ text }) => text);
      const limits = scripts.map(({ limit }) => limit);
      const outputs = await this.#entrance.as(become, () =>
        this.#session.run(become, texts, { timeout, limits }),
      );
      for (const [index, { fact, wanted, parse }] of scripts.entries()) {
        const output = outputs[index];
        if (output) await settle(fact, wanted, async () => parse(succeeded(fact, output)));
        if (isTurnOver()) await nextTurn();
      }
    } catch (thrown) {
      const error =
        thrown instanceof EndlessOutput ? unreadable(scripts[thrown.index]?.fact, thrown) : thrown;
      // what is asked along with a user's first facts is asked again with the next ones
      this.#users.delete(user);
      for (const { wanted } of scripts) for (const { reject } of wanted) reject(error);
    }
  }
}

/** Whether a change may make a symbolic link or take one away, so that paths lie elsewhere. */
function mayTurnLinks(touch: Touch): boolean {
  return touch === "everything" || touch === "arrivals" || (typeof touch === "object" && "below" in touch);
}

/** What an answer may be long where its fact does not say: it is read in one turn of the event loop. Bytes. */
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
    hint: "no host prints as much for it in good order: look at what its commands print there",
    cause: error,
  });
}

async function settle(
  fact: { readonly name: string },
  wanted: readonly Wanted[],
  read: () => Promise<ReadonlyMap<FactKey, unknown>>,
): Promise<void> {
  try {
    const values = await read();
    for (const { key, resolve, reject } of wanted) {
      const value = values.get(key);
      if (value instanceof ShowrunnerError) reject(value);
      else if (values.has(key)) resolve(value);
      else
        reject(
          new ShowrunnerError("fact.failed", `the fact ${fact.name} gave no value for ${factKeyId(key)}`),
        );
    }
  } catch (error) {
    for (const { reject } of wanted) reject(error);
  }
}
