/** Compares what a run believes of its host with the host. */
import { isDeepStrictEqual } from "node:util";
import { contextOf, type HostContext } from "../../core/engine/context.ts";
import { type Fact, type FactKey, type FactValue, factKeyId, factNamed } from "../../core/facts/fact.ts";
import { FactStore } from "../../core/facts/fact-store.ts";
import { newWorld } from "../../core/facts/world.ts";
import { Deferred } from "../../core/tasks/deferred.ts";
import type { Scope } from "../../core/tasks/scope.ts";
import { brief } from "../expected.ts";

/** A fact with a key. */
export interface FactOf {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
}

/** It is read under the keys that it was asked for, whatever their type. */
export function factOf<K extends FactKey, V>(fact: Fact<K, V>, key: K): FactOf;
export function factOf(fact: Fact<FactKey, unknown>, key: FactKey): FactOf {
  return { fact, key };
}

class WithContext<T> extends Deferred<T> {
  readonly label = "law";
  readonly #body: (context: HostContext) => Promise<T>;

  constructor(body: (context: HostContext) => Promise<T>) {
    super();
    this.#body = body;
  }

  protected override run(scope: Scope): Promise<T> {
    return this.#body(contextOf(scope));
  }
}

/** Has the run know these facts, as if a task had asked for them. Those that can't be read it does not know. */
export function learn(facts: readonly FactOf[]): PromiseLike<void> {
  return new WithContext(async ({ host, become }) => {
    await Promise.allSettled(facts.map(({ fact, key }) => host.facts.read(become, fact, key)));
  });
}

/**
 * Facts that the run still takes for true and that are not: a change altered them without stating so.
 *
 * @returns a line for each path, and for each other key
 */
export function wrongBeliefs(): PromiseLike<string[]> {
  return new WithContext(async ({ host }) => {
    const fresh = new FactStore(host.session, newWorld());
    const found = await Promise.all(
      host.facts.observed.map(async (known) => {
        const become = known.as === undefined ? undefined : host.becomeAs(known.as);
        const now = await fresh.read(become, known.fact, known.key).catch(() => undefined);
        return now === undefined || isSame(known.fact, known.value, now.value)
          ? []
          : [{ ...known, now: now.value }];
      }),
    );
    return [...told(found.flat())];
  });
}

interface WrongBelief extends FactOf {
  readonly value: unknown;
  readonly now: unknown;
}

/** After an unstated write, many facts about a path are wrong at once, and their values are long. */
function* told(wrong: readonly WrongBelief[]): Generator<string> {
  const paths = new Map<string, string[]>();
  for (const { fact, key, value, now } of wrong) {
    if (typeof key === "string" && key.startsWith("/"))
      paths.set(key, [...(paths.get(key) ?? []), fact.name]);
    else yield `${fact.name} ${factKeyId(key)}: the run goes by ${brief(value)}, the host has ${brief(now)}`;
  }
  for (const [path, names] of paths)
    yield `${path} was altered, and the run goes by what it was: ${names.join(", ")}`;
}

/** The values of facts on the host, read by a run that knows nothing else. Facts that can't be read have none. */
export function readAll(facts: readonly FactOf[]): PromiseLike<Map<string, unknown>> {
  return new WithContext(async ({ host, become }) => {
    const fresh = new FactStore(host.session, newWorld());
    const values = await Promise.all(
      facts.map(async ({ fact, key }) => {
        const known = await fresh.read(become, fact, key).catch(() => undefined);
        return known === undefined ? [] : [[idOf(fact.name, key), known.value] as const];
      }),
    );
    return new Map(values.flat());
  });
}

/** @returns a line for each fact that has another value than it should */
export function otherValues(expected: readonly FactValue[], values: ReadonlyMap<string, unknown>): string[] {
  return expected.flatMap(({ fact, key, value }) => {
    const id = idOf(fact, key);
    const known = factNamed(fact);
    if (!values.has(id)) return known ? [`${fact} ${factKeyId(key)} can't be read`] : [];
    const now = values.get(id);
    if (known ? isSame(known, value, now) : isDeepStrictEqual(value, now)) return [];
    return [`${fact} ${factKeyId(key)}: expected ${brief(value)}, got ${brief(now)}`];
  });
}

export function idOf(fact: string, key: FactKey): string {
  return `${fact}\0${factKeyId(key)}`;
}

/** Times, positions and free space change by themselves. */
function isSame({ source }: Fact<FactKey, unknown>, one: unknown, other: unknown): boolean {
  if (!source.lasting) return isDeepStrictEqual(one, other);
  return isDeepStrictEqual(source.lasting(one), source.lasting(other));
}
