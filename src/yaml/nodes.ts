/** What the library calls by looser types than a text that was read without a mistake can hold. */
import type { Node, Scalar, YAMLMap } from "yaml";
import type { Yaml } from "./library.ts";
import { YamlMistake } from "./mistake.ts";

/** Where a node begins, in characters from the text's beginning. */
export function offsetOf(node: { readonly range?: readonly number[] | null | undefined }): number {
  return node.range?.[0] ?? 0;
}

/** Whether it is a plain `<<`. */
export function isMergeKey({ source, type, tag }: Scalar): boolean {
  return source === "<<" && type === "PLAIN" && tag === undefined;
}

/** The entries of a mapping as they are written. @throws YamlMistake for a key that is a mapping, a list or an alias */
export function writtenPairs(yaml: Yaml, map: YAMLMap): { key: Scalar; value: Node | null }[] {
  return map.items.map(({ key, value }) => {
    if (!yaml.isScalar(key))
      throw new YamlMistake("expected a name as the key", offsetOf(yaml.isNode(key) ? key : map));
    return { key, value: yaml.isNode(value) ? value : null };
  });
}

/** The items of a list; of anything else none. */
export function itemsOf(yaml: Yaml, node: Node | null): Node[] {
  return yaml.isSeq(node) ? node.items.filter((item) => yaml.isNode(item)) : [];
}
