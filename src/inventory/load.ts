/** Loads inventories from files, by their endings, and puts them together. */
import { extname, resolve } from "node:path";
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { noteFileRead } from "../base/files-read.ts";
import { readUserFileNow, type Unreadable } from "../base/user-file.ts";
import { whatItIs } from "../base/what-it-is.ts";
import { asFailure } from "../core/events/failure.ts";
import { rememberVaulted } from "../secrets/vaulted-words.ts";
import { invalid } from "./invalid.ts";
import { Inventory, isInventory, modelOf } from "./inventory.ts";
import { mergeModels } from "./merge.ts";
import type { InventoryModel } from "./model.ts";
import { moduleEndings, shown, sourceAt, supported, yamlEndings } from "./sources.ts";
import { withVarsFiles } from "./vars-files.ts";
import { type YamlReader, yamlReader } from "./yaml-file.ts";

/** Loads a module, whatever language it is written in. */
export type ImportModule = (file: string) => Promise<{ default?: unknown }>;

/**
 * Loads an inventory, or several as one: hosts, groups and variables add up, and what a later one says wins.
 *
 * @param paths a file, or a folder of them; relative to the working directory
 * @param importModule loads an inventory that is a module, whose default export must be an inventory,
 * a promise of one, or a function that returns either
 * @throws ShowrunnerError "file.missing" with the inventories there are, or "inventory.invalid" at the line of a
 * mistake
 *
 * @example
 * const inventory = await loadInventory("inventory/lab.ts", (file) => import(file));
 */
export async function loadInventory(
  paths: string | readonly string[],
  importModule: ImportModule,
): Promise<Inventory> {
  const sources = [paths].flat().map((path) => sourceAt(resolve(path)));
  const [only, ...others] = sources.flatMap(({ files }) => files);
  const folders = sources.flatMap(({ varsFolder }) => varsFolder ?? []);
  // a single inventory stays as its module made it
  if (only !== undefined && others.length === 0 && folders.length === 0 && isModule(only))
    return loadModule(only, importModule);
  const models: InventoryModel[] = [];
  try {
    // one after the other: a mistake in the first is told first
    for (const file of sources.flatMap(({ files }) => files))
      models.push(await loadModel(file, importModule));
    return new Inventory(await withVarsFiles(mergeModels(models), folders, await noting()));
  } finally {
    rememberVaulted(models.flatMap(({ hosts, groups }) => [...hosts.keys(), ...groups.keys()]));
  }
}

function isModule(path: string): boolean {
  return moduleEndings.includes(extname(path));
}

async function loadModel(path: string, importModule: ImportModule): Promise<InventoryModel> {
  if (isModule(path)) return modelOf(await loadModule(path, importModule));
  if (yamlEndings.includes(extname(path))) {
    const { readYamlInventory } = await import("./yaml.ts");
    const read = await noting();
    return readYamlInventory(path, await read(path));
  }
  throw invalid(
    `${shown(path)} can't be read as an inventory`,
    undefined,
    `${supported} INI files and inventory scripts are not supported.`,
  );
}

/** Reads YAML, and remembers of which files. */
async function noting(): Promise<YamlReader> {
  const read = await yamlReader(unreadable);
  return (file) => {
    noteFileRead(file);
    return read(file);
  };
}

function unreadable(file: string): Unreadable {
  return (why, cause) =>
    new ShowrunnerError("file.missing", `${shown(file)} can't be read: ${why}`, { cause });
}

async function loadModule(path: string, importModule: ImportModule): Promise<Inventory> {
  readUserFileNow(path, unreadable(path)); // the loader would wait for ever for a pipe
  noteFileRead(path);
  const found = await importDefault(path, importModule);
  if (isInventory(found)) return found;
  throw invalid(
    `${shown(path)}: expected an inventory as the default export, got ${whatItIs(found)}`,
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

/** The message of a failed request is just "fetch failed"; its cause says why, such as that nothing listens there. */
function reasons(error: unknown): string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  return [messageOf(error), ...(cause === undefined ? [] : reasons(cause))].filter((text) => text !== "");
}
