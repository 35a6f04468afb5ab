/** One pass over all nodes of a text: what scalars and keys are to Ansible, what aliases stand for, and how much. */
import type { Alias, Node, Scalar, YAMLMap } from "yaml";
import type { Yaml } from "./library.ts";
import { YamlMistake } from "./mistake.ts";
import { isMergeKey, itemsOf, offsetOf, writtenPairs } from "./nodes.ts";
import { Typed } from "./scalars.ts";

/** How deep mappings and lists may be nested. */
export const maxLevels = 100;
/** How many values all aliases together may stand for: a kilobyte of them can stand for any number. */
const maxAliased = 1_000_000;

/** A node with all that its aliases stand for. */
interface Extent {
  readonly values: number;
  readonly levels: number;
}

const single: Extent = { values: 1, levels: 0 };

export class Linking {
  /** What each alias stands for. */
  readonly targets = new Map<Alias, Node>();
  /** Each key as a text. */
  readonly names = new Map<Scalar, string>();
  readonly #yaml: Yaml;
  readonly #anchors = new Map<string, Node>();
  /** Of anchored nodes, once they were passed as a whole. */
  readonly #extents = new Map<Node, Extent>();
  #aliased = 0;

  constructor(yaml: Yaml) {
    this.#yaml = yaml;
  }

  /** @throws YamlMistake */
  read(root: Node | null): void {
    this.#read(root, 0);
  }

  #read(node: Node | null, level: number): Extent {
    if (node === null) return single;
    if (this.#yaml.isAlias(node)) return this.#follow(node, level);
    const anchored = this.#noteAnchor(node);
    const extent = this.#yaml.isScalar(node) ? readScalar(node) : this.#readCollection(node, level);
    if (anchored) this.#extents.set(node, extent);
    return extent;
  }

  #readCollection(node: Node, level: number): Extent {
    const parts = this.#yaml.isMap(node)
      ? this.#readMapping(node, level)
      : itemsOf(this.#yaml, node).map((item) => this.#read(item, level + 1));
    let [values, levels] = [1, 1];
    for (const part of parts) {
      values += part.values;
      levels = Math.max(levels, part.levels + 1);
    }
    return { values, levels };
  }

  /** Refuses equal keys: Ansible takes the last one, with no more than a warning. */
  #readMapping(map: YAMLMap, level: number): Extent[] {
    const seen = new Map<string, Scalar>();
    return writtenPairs(this.#yaml, map).map(({ key, value }) => {
      if (isMergeKey(key)) {
        const extent = this.#read(value, level + 1);
        this.#refuseUnmergeable(value, key);
        return extent;
      }
      const name = nameOf(key);
      const first = seen.get(name);
      if (first)
        throw new YamlMistake(`the key "${name}" is written twice`, offsetOf(key), {
          first: offsetOf(first),
        });
      seen.set(name, key);
      this.names.set(key, name);
      if (this.#noteAnchor(key)) this.#extents.set(key, readScalar(key));
      return this.#read(value, level + 1);
    });
  }

  #refuseUnmergeable(value: Node | null, key: Scalar): void {
    const target = this.#targetOf(value);
    const isFine = this.#yaml.isSeq(target)
      ? itemsOf(this.#yaml, target).every((item) => this.#yaml.isMap(this.#targetOf(item)))
      : this.#yaml.isMap(target);
    if (!isFine)
      throw new YamlMistake("<<: expected a mapping, or a list of mappings, to be merged", offsetOf(key));
  }

  #targetOf(node: Node | null): Node | null {
    return this.#yaml.isAlias(node) ? (this.targets.get(node) ?? null) : node;
  }

  #noteAnchor(node: Node): boolean {
    if (!("anchor" in node) || !node.anchor) return false;
    if (!/^[\w-]+$/.test(node.anchor))
      throw new YamlMistake("an anchor is made of letters of ASCII, digits, _ and -", offsetOf(node));
    if (this.#anchors.has(node.anchor))
      throw new YamlMistake(`the anchor "&${node.anchor}" is written twice`, offsetOf(node), {
        quotes: true,
        first: offsetOf(this.#anchors.get(node.anchor) ?? node),
      });
    this.#anchors.set(node.anchor, node);
    return true;
  }

  #follow(alias: Alias, level: number): Extent {
    const offset = offsetOf(alias);
    const target = this.#anchors.get(alias.source);
    if (!target)
      throw new YamlMistake(`there is no anchor "&${alias.source}" before it`, offset, {
        hint: `If it is a text, put it in quotes: "*${alias.source}".`,
        quotes: true,
      });
    const extent = this.#extents.get(target);
    if (!extent)
      throw new YamlMistake(`"*${alias.source}" stands for what it is a part of`, offset, {
        quotes: true,
      });
    this.#aliased += extent.values;
    if (this.#aliased > maxAliased)
      throw new YamlMistake(
        `the aliases of this text, up to "*${alias.source}" here, stand for more than ${maxAliased} values`,
        offset,
        { hint: "Use fewer aliases of what holds aliases itself.", quotes: true },
      );
    if (level + extent.levels > maxLevels) throw tooDeep(offset);
    this.targets.set(alias, target);
    return extent;
  }
}

export function tooDeep(offset: number): YamlMistake {
  return new YamlMistake(`mappings and lists are nested more than ${maxLevels} levels deep here`, offset);
}

/** Gives a scalar the value that it has to Ansible. */
function readScalar(node: Scalar): Extent {
  if (node.tag === "!")
    throw new YamlMistake('the tag "!" is not supported', offsetOf(node), { hint: "Leave it out." });
  if (node.value instanceof Typed) {
    const { unlike, value } = node.value;
    if (unlike) throw new YamlMistake(unlike.problem, offsetOf(node), { hint: unlike.hint });
    node.value = value;
  }
  return single;
}

/** A key as a text: what is none is one here if Ansible would write it just so. */
function nameOf(key: Scalar): string {
  const { value, source = "" } = key;
  if (typeof value === "string") return value;
  if (value instanceof Typed && typeof value.value !== "boolean" && value.python === source) return source;
  if (value !== null && !(value instanceof Typed)) return source;
  if (source === "") throw new YamlMistake("there is no key before the colon", offsetOf(key));
  throw new YamlMistake(`the key ${source} is ${described(value)}`, offsetOf(key), {
    hint: "Put the key in quotes: then it is a text.",
  });
}

function described(value: Typed | null): string {
  if (value === null) return "nothing to Ansible (null)";
  if (typeof value.value === "boolean") return `the truth value ${value.value} to Ansible`;
  return value.python === undefined
    ? "a number or a date to Ansible, which writes it in another form"
    : `${value.python} to Ansible`;
}
