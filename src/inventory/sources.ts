/** The files of an inventory: a file stands for itself, a folder for all the inventories in it, as in Ansible. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { formatLocation, ShowrunnerError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import { namesInFolder } from "../base/user-folder.ts";
import { invalid } from "./invalid.ts";

export const moduleEndings = [".ts", ".mts", ".js", ".mjs"];
export const yamlEndings = [".yml", ".yaml"];
export const supported =
  "Inventories are .ts, .mts, .js and .mjs modules, and Ansible's .yml and .yaml files.";

/** Files in a folder of inventories that Ansible ignores, and a module's types. */
const passedOver =
  /^\.|^(group_vars|host_vars|vars_plugins)$|(\.(pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry|d\.ts)|~)$/;

/** One `-i`. */
interface Source {
  /** In a folder, by name, with the folders below it. */
  readonly files: readonly string[];
  /** Where its group_vars and host_vars are, if it has any. */
  readonly varsFolder: string | undefined;
}

/**
 * Finds the inventory files that a path stands for.
 *
 * @param path absolute
 * @throws ShowrunnerError "file.missing" with the inventories there are; "inventory.invalid" for a folder without any
 */
export function sourceAt(path: string): Source {
  if (!existsSync(path)) throw missing(path);
  if (!isFolder(path))
    return { files: [path], varsFolder: yamlEndings.includes(extname(path)) ? dirname(path) : undefined };
  const files = filesBelow(path);
  const hasVars = ["group_vars", "host_vars"].some((name) => existsSync(join(path, name)));
  if (files.length > 0) return { files, varsFolder: hasVars ? path : undefined };
  throw invalid(`there is no inventory in the folder ${shown(path)}`, undefined, supported);
}

/** False for a link that leads nowhere: reading it then gives the reason. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function filesBelow(folder: string): string[] {
  return namesInFolder(folder)
    .filter((name) => !passedOver.test(name))
    .flatMap((name) => {
      const path = join(folder, name);
      return isFolder(path) ? filesBelow(path) : [path];
    });
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
  if (!isFolder(folder)) return [];
  return namesInFolder(folder).filter(
    (name) => [...moduleEndings, ...yamlEndings].includes(extname(name)) && !name.endsWith(".d.ts"),
  );
}

/** A path as it is shown to the user: relative where it lies below the working directory. */
export function shown(path: string): string {
  return formatLocation({ file: path, line: 0 }).replace(/:0$/, "");
}
