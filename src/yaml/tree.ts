/** What a YAML text says: its aliases followed, its merge keys (`<<`) merged, within bounds. */
import type { Node, Scalar, YAMLMap } from "yaml";
import type { Yaml } from "./library.ts";
import { Linking } from "./linking.ts";
import { isMergeKey, itemsOf, writtenPairs } from "./nodes.ts";

/** One key of a mapping, and its value. */
export interface YamlPair {
  readonly key: Scalar;
  readonly name: string;
  readonly value: Node | null;
}

export class YamlTree {
  readonly root: Node | null;
  readonly #yaml: Yaml;
  readonly #links: Linking;
  readonly #pairs = new Map<YAMLMap, readonly YamlPair[]>();
  readonly #values = new Map<Node, unknown>();

  /**
   * @param root what the library made of the text; its scalars get their values here
   * @throws YamlMistake where it means something that it does not mean to Ansible, or stands for too much
   */
  constructor(yaml: Yaml, root: Node | null) {
    this.#yaml = yaml;
    this.root = root;
    this.#links = new Linking(yaml);
    this.#links.read(root);
  }

  /** What an alias stands for; anything else itself. */
  resolved(node: Node | null): Node | null {
    return this.#yaml.isAlias(node) ? (this.#links.targets.get(node) ?? null) : node;
  }

  /** The entries of a mapping in Ansible's order: what is merged comes first, and loses against what is written. */
  pairs(map: YAMLMap): readonly YamlPair[] {
    const known = this.#pairs.get(map);
    if (known) return known;
    const all = new Map<string, YamlPair>();
    const own: YamlPair[] = [];
    for (const { key, value } of writtenPairs(this.#yaml, map)) {
      if (isMergeKey(key)) for (const pair of this.#merged(value)) all.set(pair.name, pair);
      else own.push({ key, value, name: this.#links.names.get(key) ?? "" });
    }
    for (const pair of own) all.set(pair.name, pair);
    const pairs = [...all.values()];
    this.#pairs.set(map, pairs);
    return pairs;
  }

  /** A node as a value. What is anchored is one value for all its aliases. */
  toJs(node: Node | null): unknown {
    const target = this.resolved(node);
    if (target === null) return null;
    if (!this.#values.has(target)) this.#values.set(target, this.#made(target));
    return this.#values.get(target);
  }

  #made(node: Node): unknown {
    if (this.#yaml.isScalar(node)) return node.value;
    if (this.#yaml.isMap(node))
      return Object.fromEntries(this.pairs(node).map(({ name, value }) => [name, this.toJs(value)]));
    return itemsOf(this.#yaml, node).map((item) => this.toJs(item));
  }

  /** The first of several merged mappings wins over the later ones of its list: so it comes last. */
  #merged(value: Node | null): YamlPair[] {
    const target = this.resolved(value);
    if (this.#yaml.isMap(target)) return [...this.pairs(target)];
    return itemsOf(this.#yaml, target)
      .reverse()
      .flatMap((item) => this.#merged(item));
  }
}
