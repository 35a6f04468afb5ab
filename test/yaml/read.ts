/** What the tests of YAML share. */
import * as yaml from "yaml";
import { readYaml } from "../../src/yaml/document.ts";
import { YamlMistake } from "../../src/yaml/mistake.ts";

/** A text as a value. @throws YamlMistake */
export function read(text: string): unknown {
  const tree = readYaml(yaml, text, new yaml.LineCounter(), { vault: (encrypted) => encrypted });
  return tree.toJs(tree.root);
}

/** Why a text is refused, with line and column: `2:5: …`; undefined where it isn't. */
export function refusal(text: string): string | undefined {
  const lines = new yaml.LineCounter();
  try {
    readYaml(yaml, text, lines, { vault: (encrypted) => encrypted });
    return undefined;
  } catch (error) {
    if (!(error instanceof YamlMistake)) throw error;
    const { line, col } = lines.linePos(error.offset);
    return `${line}:${col}: ${error.message}`;
  }
}
