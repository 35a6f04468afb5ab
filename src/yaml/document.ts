/**
 * YAML texts, read as Ansible reads them, or refused where that can't be done. The work is linear in the text's length,
 * whatever the text holds.
 */
import type { CST, Document, LineCounter } from "yaml";
import type { Yaml } from "./library.ts";
import { maxLevels, tooDeep } from "./linking.ts";
import { YamlMistake } from "./mistake.ts";
import { explainProblem } from "./problem.ts";
import { plainScalars } from "./scalars.ts";
import { YamlTree } from "./tree.ts";

interface YamlOptions {
  /** What `!vault` makes of the text that it stands at. */
  readonly vault: (text: string) => unknown;
  /** Whether each plain scalar is the text that it is written as; else it is what it is to Ansible. */
  readonly allTexts?: boolean;
}

/**
 * Reads a text.
 *
 * @param yaml the library, which is loaded only where there is YAML to read
 * @param lines counts the text's lines, also where it is refused
 * @throws YamlMistake where it is no YAML, or means something here that it does not mean to Ansible
 */
export function readYaml(yaml: Yaml, text: string, lines: LineCounter, options: YamlOptions): YamlTree {
  const json = isJson(text);
  const tokens = [...new yaml.Parser(lines.addNewLine).parse(text)];
  if (!json) refuseCharacters(text);
  refuseDepth(tokens);
  const composer = new yaml.Composer({
    version: "1.1",
    schema: "failsafe",
    resolveKnownTags: false,
    // both compare every key with every other one
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    customTags: [
      "null",
      ...(options.allTexts === true ? [] : plainScalars(json)),
      // marks text that is no template; here no text is one
      { tag: "!unsafe", resolve: (raw: string) => raw },
      { tag: "!vault", resolve: options.vault },
    ],
  });
  const [document, second] = composer.compose(tokens, true, text.length);
  refuseProblems(text, document, second);
  return new YamlTree(yaml, document?.contents ?? null);
}

/** Ansible tries JSON first. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What YAML 1.1 does not allow in a text, or takes for the end of a line where YAML 1.2 does not. */
const strange = /[^\t\n\r\x20-\x7E\xA0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]|[\u2028\u2029]|\r(?!\n)/u;

function refuseCharacters(text: string): void {
  const found = strange.exec(text);
  if (found === null) return;
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  throw new YamlMistake(`the character U+${code} can't stand in YAML as it is`, found.index, {
    hint: code === "000D" ? "End lines with a line feed." : `Write it as "\\u${code}", in double quotes.`,
  });
}

/** The library composes what is nested by recursion, so this comes before. */
function refuseDepth(tokens: readonly CST.Token[]): void {
  const open: [token: CST.Token, level: number][] = tokens.map((token) => [token, 0]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, level] = next;
    if (token.type === "document" && token.value) open.push([token.value, level]);
    if (!("items" in token)) continue;
    if (level >= maxLevels) throw tooDeep(token.offset);
    for (const item of token.items)
      for (const part of [item.key, item.value]) if (part) open.push([part, level + 1]);
  }
}

function refuseProblems(text: string, document?: Document.Parsed, second?: Document.Parsed): void {
  const [problem] = [...(document?.errors ?? []), ...(document?.warnings ?? [])];
  if (problem) {
    const { message, offset, hint } = explainProblem(text, problem);
    throw new YamlMistake(message, offset, { hint, quotes: true });
  }
  if (second)
    throw new YamlMistake("a second document begins here", second.range[0], {
      hint: "Write each document into a file of its own.",
    });
}
