/** Loads an inventory from a file, by its ending. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { formatLocation, messageOf, ShowrunnerError } from "../core/base/errors.ts";
import { didYouMean } from "../core/base/suggest.ts";
import { asFailure } from "../core/events/failure.ts";
import { describe, invalid } from "./invalid.ts";
import { type Inventory, isInventory } from "./inventory.ts";

const moduleEndings = [".ts", ".mts", ".js", ".mjs"];
const yamlEndings = [".yml", ".yaml"];
const supported = "Inventories are .ts, .mts, .js and .mjs modules, and Ansible's .yml and .yaml files.";

/** Loads a module, whatever language it is written in. */
export type ImportModule = (file: string) => Promise<{ default?: unknown }>;

/**
 * Loads an inventory.
 *
 * @param file its path; relative to the working directory
 * @param importModule loads an inventory that is a module, whose default export must be an inventory,
 * a promise of one, or a function that returns either
 * @throws ShowrunnerError "file.missing" with the inventories there are, or "inventory.invalid" at the line of a
 * mistake
 *
 * @example
 * const inventory = await loadInventory("inventory/lab.ts", (file) => import(file));
 */
export async function loadInventory(file: string, importModule: ImportModule): Promise<Inventory> {
  const path = resolve(file);
  if (!existsSync(path)) throw missing(path);
  if (statSync(path).isDirectory())
    throw invalid(`${shown(path)} is a folder, not an inventory`, undefined, whatIsThere(path));
  const ending = extname(path);
  if (moduleEndings.includes(ending)) return loadModule(path, importModule);
  if (yamlEndings.includes(ending)) {
    const { loadYamlInventory } = await import("./yaml.ts");
    return loadYamlInventory(path);
  }
  throw invalid(
    `${shown(path)} can't be read as an inventory`,
    undefined,
    `${supported} INI files and inventory scripts are not supported.`,
  );
}

async function loadModule(path: string, importModule: ImportModule): Promise<Inventory> {
  const found = await importDefault(path, importModule);
  if (isInventory(found)) return found;
  throw invalid(
    `${shown(path)}: expected an inventory as the default export, got ${describe(found)}`,
    { file: path, line: 1 },
    "Write `export default inventory({ hosts: { … } })`.",
  );
}

async function importDefault(path: string, importModule: ImportModule): Promise<unknown> {
  try {
    const module = await importModule(path);
    // A promise of an inventory will do, or a function that makes one: hosts may come from elsewhere.
    const found = await module.default;
    return typeof found === "function" ? await found() : found;
  } catch (error) {
    // By name, since the module may have thrown the error of another copy of this one.
    if (error instanceof Error && error.name === "ShowrunnerError") throw error;
    const { location } = asFailure(error);
    const message = `cannot load ${shown(path)}: ${reasons(error).join(": ")}`;
    throw new ShowrunnerError("inventory.invalid", message, { cause: error, location });
  }
}

/** What a failed request says is "fetch failed"; that nobody listens there is its cause. */
function reasons(error: unknown): string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  return [messageOf(error), ...(cause === undefined ? [] : reasons(cause))].filter((text) => text !== "");
}

function missing(path: string): ShowrunnerError {
  const folder = dirname(path);
  const guess = didYouMean(basename(path), inventoriesIn(folder));
  return new ShowrunnerError("file.missing", `there is no inventory ${shown(path)}${guess}`, {
    hint: whatIsThere(folder),
  });
}

function whatIsThere(folder: string): string {
  if (!existsSync(folder)) return `The folder ${shown(folder)} doesn't exist either.`;
  const files = inventoriesIn(folder);
  if (files.length === 0) return `There are no inventories in ${shown(folder)}. ${supported}`;
  return `Inventories in ${shown(folder)}: ${files.join(", ")}.`;
}

function inventoriesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => [...moduleEndings, ...yamlEndings].includes(extname(name)) && !name.endsWith(".d.ts"))
    .sort();
}

/** A path as it is shown to the user: relative where it lies below the working directory. */
function shown(path: string): string {
  return formatLocation({ file: path, line: 0 }).replace(/:0$/, "");
}
