/** An argument in YAML or JSON, which is YAML. */
import { ShowrunnerError } from "../base/errors.ts";
import { library } from "../base/library.ts";
import { readYaml } from "../yaml/document.ts";
import { YamlMistake } from "../yaml/mistake.ts";

/**
 * Reads an argument as a file of variables is read.
 *
 * @param what the argument, for messages
 * @throws ShowrunnerError `usage`
 */
export async function yamlArgument(text: string, what: string): Promise<unknown> {
  const yaml = library.yaml();
  const { vaultSecret } = await import("../secrets/vault-file.ts");
  const lines = new yaml.LineCounter();
  try {
    const tree = readYaml(yaml, text, lines, { vault: (encrypted) => vaultSecret(encrypted, what) });
    return tree.toJs(tree.root);
  } catch (error) {
    if (!(error instanceof YamlMistake)) throw error;
    const { line, col } = lines.linePos(error.offset);
    const place = text.includes("\n") ? `line ${line}, column ${col}` : `column ${col}`;
    throw new ShowrunnerError("usage", `${what}, ${place}: ${error.message}`, { hint: error.details.hint });
  }
}
