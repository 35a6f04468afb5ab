/** Which file each public name comes from, as the lists of exports say: `src/index.ts`, and those that it passes on. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseSync } from "rolldown/utils";

export interface PublicName {
  /** The source that defines it: an absolute path. */
  readonly file: string;
  /** What it is called there. */
  readonly name: string;
}

/**
 * The values that a list of exports gives; no types.
 *
 * @param list a file of nothing but `export … from`: an absolute path
 * @throws Error for anything else in it
 */
export function publicNames(list: string): Map<string, PublicName> {
  const names = new Map<string, PublicName>();
  for (const statement of parseSync(list, readFileSync(list, "utf8")).program.body) {
    if ("exportKind" in statement && statement.exportKind === "type") continue;
    if (statement.type === "ExportAllDeclaration" && statement.exported === null) {
      for (const [name, from] of publicNames(sourceOf(list, statement.source.value))) names.set(name, from);
    } else if (statement.type === "ExportNamedDeclaration" && statement.source) {
      const file = sourceOf(list, statement.source.value);
      for (const { exportKind, exported, local } of statement.specifiers)
        if (exportKind !== "type") names.set(nameIn(exported), { file, name: nameIn(local) });
    } else throw new Error(`${list}: expected nothing but "export … from", got ${statement.type}`);
  }
  return names;
}

function sourceOf(list: string, source: string): string {
  return join(dirname(list), source);
}

function nameIn(node: { readonly type: string; readonly name?: string; readonly value?: unknown }): string {
  return node.name ?? String(node.value);
}
