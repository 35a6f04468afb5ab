/** Reads a YAML file as Ansible does, and keeps the line and column of every key and value. */
import { readFileSync } from "node:fs";
import type { Alias, Document, LineCounter, Node, Scalar, ScalarTag, Tags } from "yaml";
import { formatLocation, type Location, messageOf, ShowrunnerError } from "../core/base/errors.ts";
import { Secret } from "../secrets/secret.ts";
import { noteVaulted } from "../secrets/vaulted-words.ts";
import { invalid } from "./invalid.ts";
import { explainProblem } from "./yaml-problem.ts";

type Yaml = typeof import("yaml");
type Vault = typeof import("../secrets/vault-file.ts");

/** One key of a mapping with its value. */
export interface YamlEntry {
  readonly name: string;
  readonly value: YamlValue;
  locate(): Location;
}

/** A value in a YAML file. */
export interface YamlValue {
  readonly kind: "mapping" | "list" | "text" | "nothing";
  locate(): Location;
  /** The entries of a mapping, with those of `<<` that it doesn't have itself; of anything else none. */
  entries(): YamlEntry[];
  toJs(): unknown;
}

/** A function that reads a YAML file into its top value. */
export type YamlReader = (file: string) => YamlValue;

/**
 * Makes a reader. The library is loaded only here, so that an inventory in TypeScript doesn't wait for it.
 *
 * @returns a function that throws ShowrunnerError "inventory.invalid" at the line of a mistake
 */
export async function yamlReader(): Promise<YamlReader> {
  const yaml = await import("yaml");
  const vault = await import("../secrets/vault-file.ts");
  return (file) => {
    const text = readFileSync(file, "utf8");
    if (!text.startsWith("$ANSIBLE_VAULT")) return readYaml(yaml, vault, file, text);
    // its names are needed to know which variables there are, so this can't wait until a value is used
    return readYaml(
      yaml,
      vault,
      file,
      atPlace({ file, line: 1 }, (what) => vault.decrypted(text, what)),
      true,
    );
  };
}

/** @param hidden whether the text was encrypted: then every text in it is a secret, and no message may quote it */
function readYaml(yaml: Yaml, vault: Vault, file: string, text: string, hidden = false): YamlValue {
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, {
    // Ansible reads YAML 1.1: yes and no are truth values.
    version: "1.1",
    lineCounter: lines,
    prettyErrors: false,
    // The library's own check compares every key with every other one.
    uniqueKeys: false,
    customTags: ansibleTags,
  });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const { message, hint, offset } = explainProblem(text, problem);
    const said = hidden ? "the decrypted text is not valid YAML" : message;
    throw invalid(said, place(file, lines, offset), hint);
  }
  const context = { yaml, file, lines, document, targets: new Map() };
  checkAndLink(context);
  linkSecrets(context, vault, hidden);
  return new Value(context, document.contents);
}

/** Puts secrets in the place of encrypted values; of a file that is encrypted as a whole every text is one. */
function linkSecrets({ yaml, document, file, lines }: Context, vault: Vault, hidden: boolean): void {
  yaml.visit(document, {
    Scalar(part, node, path) {
      if (part === "key") return;
      const value = exact(node);
      node.value = value;
      // a number stays one, and is blanked where it shows
      if (hidden && node.tag !== "!vault" && ["string", "number"].includes(typeof value))
        noteVaulted({
          text: String(value),
          file: formatLocation({ file, line: 0 }).replace(/:0$/, ""),
          key: keyPath(yaml, [...path, node]),
        });
      if (typeof value !== "string") return;
      const location = place(file, lines, node.range?.[0] ?? 0);
      if (node.tag === "!vault") node.value = atPlace(location, (what) => vault.vaultSecret(value, what));
      else if (hidden) node.value = secretOf(value, location);
    },
  });
}

/** `db.users[0].token`: where a node stands, by all that it stands in. */
function keyPath(yaml: Yaml, nodes: readonly unknown[]): string {
  return nodes
    .flatMap((node, index) => {
      if (yaml.isPair(node))
        return [yaml.isScalar(node.key) ? `.${node.key.source ?? node.key.value}` : ".?"];
      return yaml.isSeq(node) ? [`[${node.items.findIndex((item) => item === nodes[index + 1])}]`] : [];
    })
    .join("")
    .replace(/^\./, "");
}

/** A number that is too large to be one here stays the text that it is: rounded, a password would be another one. */
function exact({ value, source }: Scalar): unknown {
  const isRounded = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded ? (source ?? value) : value;
}

/** A template is found out when the secret is used: to look for one in a message would tell what it holds. */
function secretOf(text: string, location: Location): Secret {
  if (!text.includes("{{")) return new Secret(text, false);
  return new Secret(() => {
    throw invalid("a template ({{ … }}) is not evaluated here", location, "Write the value itself.");
  });
}

/**
 * Reads what is encrypted at a place in a file.
 *
 * @param run gets the place's name for messages of its own: a secret may be used long after its inventory was read
 */
function atPlace<T>(location: Location, run: (what: string) => T): T {
  const what = formatLocation({ file: location.file, line: location.line });
  try {
    return run(what);
  } catch (error) {
    if (error instanceof ShowrunnerError && error.code === "interrupted") throw error;
    const hint = error instanceof ShowrunnerError ? error.hint : undefined;
    throw invalid(messageOf(error).replace(`${what}: `, ""), location, hint);
  }
}

/** YAML 1.1 without dates and without 12:30 as a number in base sixty; with Ansible's own tags. */
function ansibleTags(tags: Tags): Tags {
  return [...tags.flatMap(asPythonHasIt), unsafeTag, vaultTag];
}

/**
 * PyYAML's number with an exponent has a dot and a sign: `83912e47` and `e123` are texts.
 *
 * @see https://github.com/yaml/pyyaml/blob/main/lib/yaml/resolver.py
 */
const exponential = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)[eE][-+][0-9]+$/;

function asPythonHasIt(tag: Tags[number]): Tags {
  if (typeof tag === "string") return [tag];
  if (tag.tag === "tag:yaml.org,2002:timestamp" || ("format" in tag && tag.format === "TIME")) return [];
  return "format" in tag && tag.format === "EXP" && !tag.collection ? [{ ...tag, test: exponential }] : [tag];
}

/** Marks text that is no template; here no text is one. */
const unsafeTag: ScalarTag = { tag: "!unsafe", resolve: (text) => text };

const vaultTag: ScalarTag = {
  tag: "!vault",
  resolve: (text) => text,
};

interface Context {
  readonly yaml: Yaml;
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document.Parsed;
  /** What each alias stands for; the library would search the whole document for each of them. */
  readonly targets: Map<Alias, Node>;
}

function place(file: string, lines: LineCounter, offset: number): Location {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Refuses equal keys, of which Ansible silently takes the second, and what contains itself; resolves aliases. */
function checkAndLink({ yaml, document, file, lines, targets }: Context): void {
  const anchors = new Map<string, Node>();
  yaml.visit(document, {
    Node(_, node, path) {
      if (yaml.isMap(node)) checkUnique(node.items.map(({ key }) => key));
      if ("anchor" in node && node.anchor) anchors.set(node.anchor, node);
      if (!yaml.isAlias(node)) return;
      const target = anchors.get(node.source);
      if (!target) throw invalid(`there is no anchor "&${node.source}" before it`, at(node.range?.[0]));
      if (path.includes(target))
        throw invalid(`"*${node.source}" stands for what it is a part of`, at(node.range?.[0]));
      targets.set(node, target);
    },
  });

  function checkUnique(keys: readonly unknown[]): void {
    const seen = new Map<string, number | undefined>();
    for (const key of keys) {
      if (!yaml.isScalar(key) || isMergeKey(key)) continue;
      const name = key.source ?? String(key.value);
      const offset = key.range?.[0];
      if (seen.has(name)) {
        const first = formatLocation(at(seen.get(name)));
        throw invalid(`the key "${name}" is written twice, first at ${first}`, at(offset));
      }
      seen.set(name, offset);
    }
  }

  function at(offset = 0): Location {
    return place(file, lines, offset);
  }
}

function isMergeKey(key: { source?: string; type?: string }): boolean {
  return key.source === "<<" && key.type === "PLAIN";
}

class Value implements YamlValue {
  readonly #context: Context;
  readonly #node: unknown;
  readonly #offset: number;

  /** @param offset where the value would be, for one that isn't written */
  constructor(context: Context, node: unknown, offset = 0) {
    this.#context = context;
    this.#node = node;
    this.#offset = context.yaml.isNode(node) ? (node.range?.[0] ?? offset) : offset;
  }

  get kind(): YamlValue["kind"] {
    const { yaml } = this.#context;
    const node = this.#resolved();
    if (yaml.isMap(node)) return "mapping";
    if (yaml.isSeq(node)) return "list";
    return yaml.isScalar(node) && node.value !== null ? "text" : "nothing";
  }

  locate(): Location {
    return place(this.#context.file, this.#context.lines, this.#offset);
  }

  entries(): YamlEntry[] {
    const { yaml } = this.#context;
    const node = this.#resolved();
    if (!yaml.isMap(node)) return [];
    const own = new Map<string, YamlEntry>();
    const merged: YamlEntry[] = [];
    for (const { key, value } of node.items) {
      if (!yaml.isScalar(key)) throw invalid("expected a name as the key", this.locate());
      const offset = key.range?.[0] ?? 0;
      if (isMergeKey(key)) merged.push(...this.#merged(value, offset));
      else {
        const name = key.source ?? String(key.value);
        own.set(name, this.#entry(name, value, offset));
      }
    }
    // The first of several merged mappings wins over the later ones, and all over none.
    for (const entry of merged) if (!own.has(entry.name)) own.set(entry.name, entry);
    return [...own.values()];
  }

  toJs(): unknown {
    const { yaml, document } = this.#context;
    const node = this.#resolved();
    return yaml.isNode(node) ? node.toJS(document) : null;
  }

  #entry(name: string, value: unknown, offset: number): YamlEntry {
    const { file, lines } = this.#context;
    return {
      name,
      value: new Value(this.#context, value, offset),
      locate: () => place(file, lines, offset),
    };
  }

  #merged(value: unknown, offset: number): YamlEntry[] {
    const { yaml } = this.#context;
    const node = new Value(this.#context, value, offset);
    const target = node.#resolved();
    return yaml.isSeq(target)
      ? target.items.flatMap((item) => new Value(this.#context, item, offset).entries())
      : node.entries();
  }

  #resolved(): unknown {
    const { yaml, targets } = this.#context;
    return yaml.isAlias(this.#node) ? targets.get(this.#node) : this.#node;
  }
}
