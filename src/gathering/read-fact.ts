/** Reads one fact in a step. */
import { contextOf } from "../core/engine/context.ts";
import { readInStep } from "../core/engine/read-in-step.ts";
import type { Fact, FactKey } from "../core/facts/fact.ts";
import { Deferred } from "../core/tasks/deferred.ts";
import type { Scope } from "../core/tasks/scope.ts";

class ReadFact<K extends FactKey, V> extends Deferred<V> {
  readonly label: string;
  readonly #fact: Fact<K, V>;
  readonly #key: K;

  constructor(fact: Fact<K, V>, key: K) {
    super();
    this.label = `fact ${fact.name}`;
    this.#fact = fact;
    this.#key = key;
  }

  protected override async run(scope: Scope): Promise<V> {
    const { value } = await readInStep(contextOf(scope), this.#fact, this.#key, this.location);
    return value;
  }
}

/**
 * A fact of the current host, for code that decides by it. What is asked for together with a task
 * (`Promise.all`) is read in one round trip with what that asks.
 *
 * @param fact one of `defineFact`
 * @param key what it is asked about
 * @returns its value; in a check, what follows from one that an earlier change may alter is likely
 * @throws ShowrunnerError `fact.failed`
 *
 * @example
 * const [hasIpv6] = await Promise.all([readFact(ipv6, ""), apt({ name: "nginx" })]);
 */
export function readFact<K extends FactKey, V>(fact: Fact<K, V>, key: K): Deferred<V> {
  return new ReadFact(fact, key);
}
