/** What a check has come to say of a host: values that its changes would set, and values that they may alter. */
import type { Fact, FactKey, FactValue, Touch } from "./fact.ts";
import { identities, mayTouch, Reach } from "./invalidation.ts";
import type { RealPaths } from "./real-paths.ts";

/** A value with how sure it is. */
export interface Known<V> {
  readonly value: V;
  /** True where an earlier change of this plan may have altered it, one cannot tell how. */
  readonly tentative: boolean;
}

interface Prediction {
  readonly value: unknown;
  readonly tentative: boolean;
  /** Position among the predicted changes: a touch that came later makes it tentative. */
  readonly at: number;
}

export class Predictions {
  readonly #realPaths: RealPaths;
  readonly #set = new Map<string, Prediction>();
  readonly #setBelow: { readonly touch: Touch; readonly prediction: Prediction }[] = [];
  readonly #touched: { readonly reach: Reach; readonly at: number }[] = [];

  constructor(realPaths: RealPaths) {
    this.#realPaths = realPaths;
  }

  /** Takes in a change that would be made: what it sets holds from now on, what it may touch is tentative. */
  add(sets: readonly FactValue[], touches: readonly Touch[], tentative: boolean): void {
    const at = this.#touched.length + 1;
    this.#touched.push({ reach: new Reach(sets, touches), at });
    for (const { fact, key, value } of sets)
      for (const id of identities(fact, key, this.#realPaths.ofKey(key)))
        this.#set.set(id, { value, tentative, at });
    for (const touch of touches)
      if (typeof touch === "object" && "all" in touch)
        this.#setBelow.push({ touch, prediction: { value: touch.all, tentative, at } });
  }

  /** The latest prediction for a key, under whatever name. That stands for the type: only the fact predicts. */
  of<K extends FactKey, V>(fact: Fact<K, V>, key: K): Known<V> | undefined;
  of(fact: Fact<FactKey, unknown>, key: FactKey): Known<unknown> | undefined {
    if (this.#set.size === 0 && this.#setBelow.length === 0) return undefined;
    const realPath = this.#realPaths.ofKey(key);
    const isBelow = (touch: Touch) =>
      mayTouch(touch, { fact, key, realPath, current: undefined }, (path) => this.#realPaths.of(path));
    const predictions = [
      ...identities(fact.name, key, realPath).flatMap((id) => this.#set.get(id) ?? []),
      ...this.#setBelow.flatMap(({ touch, prediction }) => (isBelow(touch) ? prediction : [])),
    ];
    const [last] = predictions.sort((a, b) => b.at - a.at);
    if (!last) return undefined;
    const { value } = last;
    return { value, tentative: last.tentative || this.mayAlter(fact, key, value, last.at) };
  }

  /**
   * Whether a predicted change may alter this value of a fact.
   *
   * @param since only changes after this position count
   */
  mayAlter<K extends FactKey, V>(fact: Fact<K, V>, key: K, value: V, since?: number): boolean;
  mayAlter(fact: Fact<FactKey, unknown>, key: FactKey, value: unknown, since = 0): boolean {
    if (this.#touched.length === 0) return false;
    const realPath = this.#realPaths.ofKey(key);
    return this.#touched.some(
      ({ reach, at }) =>
        at > since && reach.includes({ fact, key, realPath, current: { value } }, this.#realPaths),
    );
  }
}
