/** Reads a YAML file as Ansible does, and keeps the line and column of every key and value. */
import type { LineCounter, Node } from "yaml";
import { formatLocation, type Location, messageOf, ShowrunnerError } from "../base/errors.ts";
import { library } from "../base/library.ts";
import { Secret } from "../base/secret.ts";
import { readUserFile, type Unreadable } from "../base/user-file.ts";
import { utf8Text } from "../base/utf8.ts";
import { noteVaulted } from "../secrets/vaulted-words.ts";
import { readYaml } from "../yaml/document.ts";
import type { Yaml } from "../yaml/library.ts";
import { YamlMistake } from "../yaml/mistake.ts";
import { itemsOf, offsetOf, writtenPairs } from "../yaml/nodes.ts";
import type { YamlTree } from "../yaml/tree.ts";
import { invalid } from "./invalid.ts";

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
export type YamlReader = (file: string) => Promise<YamlValue>;

/**
 * Makes a reader. The library is loaded only here, so that an inventory in TypeScript doesn't wait for it.
 *
 * @param unreadable makes the error of a file that can't be read
 * @returns a function that throws ShowrunnerError "inventory.invalid" at the line of a mistake
 */
export async function yamlReader(unreadable: (file: string) => Unreadable): Promise<YamlReader> {
  const yaml = library.yaml();
  const vault = await import("../secrets/vault-file.ts");
  return async (file) => {
    const text = utf8Text(await readUserFile(file, unreadable(file)), ({ line, problem, hint }) =>
      invalid(`the file is ${problem}`, { file, line }, hint),
    );
    if (!text.startsWith("$ANSIBLE_VAULT")) return valueIn(yaml, vault, file, text, false);
    // the names of its variables are needed now, so this can't wait until a value is used
    const top = { file, line: 1 };
    const decrypted = await vault.decrypted(text, whatIsAt(top)).catch((error) => {
      throw misplaced(error, top);
    });
    return valueIn(yaml, vault, file, decrypted, true);
  };
}

/** @param hidden whether the text was encrypted: then every text in it is a secret, and no message may quote it */
function valueIn(yaml: Yaml, vault: Vault, file: string, text: string, hidden: boolean): YamlValue {
  const lines = new yaml.LineCounter();
  try {
    // an encrypted value becomes a secret below, where its place is known
    const tree = readYaml(yaml, text, lines, { vault: (encrypted) => encrypted });
    const context = { yaml, file, lines, tree, vault, hidden };
    linkSecrets(context, tree.root, "");
    return new Value(context, tree.root);
  } catch (error) {
    if (!(error instanceof YamlMistake)) throw error;
    const { message, offset, details } = error;
    const first =
      details.first === undefined ? "" : `, first at ${formatLocation(place(file, lines, details.first))}`;
    const at = place(file, lines, offset);
    if (hidden && details.quotes) throw invalid("the decrypted text is not valid YAML", at);
    throw invalid(`${message}${first}`, at, details.hint);
  }
}

/**
 * Replaces encrypted values by secrets; in a file that is encrypted as a whole every text becomes a secret.
 *
 * @param path of what stands here: `db.users[0].token`
 */
function linkSecrets(context: Context, node: Node | null, path: string): void {
  const { yaml, file, lines, vault, hidden } = context;
  if (yaml.isMap(node)) {
    for (const { key, value } of writtenPairs(yaml, node))
      linkSecrets(context, value, hidden ? `${path === "" ? "" : `${path}.`}${key.source}` : "");
    return;
  }
  if (!yaml.isScalar(node)) {
    for (const [index, item] of itemsOf(yaml, node).entries())
      linkSecrets(context, item, hidden ? `${path}[${index}]` : "");
    return;
  }
  const { value } = node;
  // a number stays a number, and is blanked in output
  if (hidden && node.tag !== "!vault" && ["string", "number"].includes(typeof value))
    noteVaulted({
      text: String(value),
      file: formatLocation({ file, line: 0 }).replace(/:0$/, ""),
      key: path,
    });
  if (typeof value !== "string") return;
  const location = place(file, lines, offsetOf(node));
  if (node.tag === "!vault") node.value = atPlace(location, (what) => vault.vaultSecret(value, what));
  else if (hidden) node.value = secretOf(value, location);
}

/** A template is detected only when the secret is used: an error here would tell something of the secret. */
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
  try {
    return run(whatIsAt(location));
  } catch (error) {
    throw misplaced(error, location);
  }
}

/** How messages name the value at that place. */
function whatIsAt({ file, line }: Location): string {
  return formatLocation({ file, line });
}

function misplaced(error: unknown, location: Location): ShowrunnerError {
  if (error instanceof ShowrunnerError && error.code === "interrupted") return error;
  const hint = error instanceof ShowrunnerError ? error.hint : undefined;
  return invalid(messageOf(error).replace(`${whatIsAt(location)}: `, ""), location, hint);
}

interface Context {
  readonly yaml: Yaml;
  readonly vault: Vault;
  readonly file: string;
  readonly lines: LineCounter;
  readonly tree: YamlTree;
  readonly hidden: boolean;
}

function place(file: string, lines: LineCounter, offset: number): Location {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}

class Value implements YamlValue {
  readonly #context: Context;
  readonly #node: Node | null;
  readonly #offset: number;

  /** @param offset where the value would be, for one that isn't written */
  constructor(context: Context, node: Node | null, offset = 0) {
    this.#context = context;
    this.#node = node;
    this.#offset = node === null ? offset : offsetOf(node);
  }

  get kind(): YamlValue["kind"] {
    const { yaml, tree } = this.#context;
    const node = tree.resolved(this.#node);
    if (yaml.isMap(node)) return "mapping";
    if (yaml.isSeq(node)) return "list";
    return yaml.isScalar(node) && node.value !== null ? "text" : "nothing";
  }

  locate(): Location {
    return place(this.#context.file, this.#context.lines, this.#offset);
  }

  entries(): YamlEntry[] {
    const { yaml, tree, file, lines } = this.#context;
    const node = tree.resolved(this.#node);
    if (!yaml.isMap(node)) return [];
    return tree.pairs(node).map(({ key, name, value }) => {
      const offset = offsetOf(key);
      return {
        name,
        value: new Value(this.#context, value, offset),
        locate: () => place(file, lines, offset),
      };
    });
  }

  toJs(): unknown {
    return this.#context.tree.toJs(this.#node);
  }
}
