/** What the inventory's tests share. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import { onTestFinished } from "vitest";
import { formatLocation, type Location } from "../../src/base/errors.ts";
import { type Inventory, loadInventory } from "../../src/inventory/index.ts";

/** Writes files into a new folder, which goes away with the test; returns its path. */
export function folder(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "inventory-")));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return root;
}

const src = fileURLToPath(new URL("../../src/inventory/index.ts", import.meta.url));

const jiti = createJiti(import.meta.url, { fsCache: false, alias: { showrunner: src } });

/** Loads modules as the command line does, so that the lines of a user's TypeScript are put to the test too. */
export function importModule(file: string): Promise<{ default?: unknown }> {
  return jiti.import<{ default?: unknown }>(file);
}

/** Loads one file of some. */
export function load(files: Readonly<Record<string, string>>, name?: string): Promise<Inventory> {
  const root = folder(files);
  return loadInventory(join(root, name ?? Object.keys(files)[0] ?? ""), importModule);
}

export const loadYaml = (text: string, others: Readonly<Record<string, string>> = {}) =>
  load({ "hosts.yml": text, ...others });

/** Loads a TypeScript inventory, whose second line begins with the call. */
export const loadTs = (definition: string) =>
  load({ "lab.ts": `import { inventory } from "showrunner";\nexport default inventory(${definition});\n` });

/** An error as a user sees its first lines: `lab.ts:3: message`, without the folder. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return `not an error: ${String(error)}`;
  const location = "location" in error ? place(error.location) : undefined;
  return location ? `${location}: ${error.message}` : error.message;
}

/** A location as `lab.ts:3`, without the folder. */
export function place(location: unknown): string | undefined {
  return isLocation(location) ? formatLocation(location).replace(/^.*\/inventory-[^/]+\//, "") : undefined;
}

function isLocation(value: unknown): value is Location {
  return typeof value === "object" && value !== null && "file" in value && "line" in value;
}

/** What `run` fails with, as a user sees it. */
export async function failure(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return told(error);
  }
  return "no failure";
}

export const namesOf = (hosts: Iterable<{ readonly name: string }>) => [...hosts].map(({ name }) => name);
