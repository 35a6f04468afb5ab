/** Which inventory a command works on, and where its relative paths start. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import { namesInFolder } from "../base/user-folder.ts";
import type { HostAccess } from "../core/plays/run-request.ts";
import { hostAccess } from "../inventory/access.ts";
import { type Inventory, loadInventory } from "../inventory/index.ts";
import { loadTypeScript } from "./load-typescript.ts";
import { givenPasswords, type PasswordFlags } from "./passwords.ts";
import { projectRoot } from "./project.ts";

/** The environment variable that names the inventory where `-i` doesn't. */
const variable = "SHOWRUNNER_INVENTORY";

const endings = [".ts", ".mts", ".js", ".mjs", ".yml", ".yaml"];

export interface LoadedInventory {
  readonly inventory: Inventory;
  /** What was given by `-i`, as it was given. */
  readonly given: readonly string[];
  /** What is loaded, as absolute paths. */
  readonly files: readonly string[];
  /** The first one's name without its ending: `lab`. */
  readonly name: string;
  /** How messages call each: its path from the working directory. */
  readonly names: readonly string[];
  /** All of them in one text. */
  readonly shown: string;
  /** The project's folder: relative paths in the inventory's settings start here. */
  readonly root: string;
  /** How to reach one of its hosts. */
  access(host: { readonly name: string }): HostAccess;
}

/**
 * Loads the inventory that a command works on; several are merged, and the later ones win.
 *
 * @param given the paths given by `-i`, or the bare names of files in the folder `inventory`
 * @param passwords which passwords to ask for
 * @throws ShowrunnerError `usage` where none is given and there is no choosing one
 */
export async function findInventory(
  given: readonly string[] = [],
  passwords: PasswordFlags = {},
): Promise<LoadedInventory> {
  const fromEnvironment = process.env[variable];
  const chosen = given.length > 0 || !fromEnvironment ? given : [fromEnvironment];
  const files = chosen.length > 0 ? [...new Set(chosen.map(fileOf))] : [defaultFile()];
  const inventory = await loadInventory(files, loadTypeScript);
  const [first = ""] = files;
  const root = projectRoot(dirname(first));
  const settings = givenPasswords(passwords);
  const names = files.map(shownPath);
  return {
    inventory,
    given,
    files,
    name: nameOf(first),
    names,
    shown: names.join(", "),
    root,
    access: ({ name }) =>
      hostAccess(inventory.host(name), root, (other) => inventory.hosts.get(other), settings),
  };
}

function shownPath(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith("..") ? file : path;
}

/** @throws ShowrunnerError `file.missing` for a bare name that is no inventory's */
function fileOf(chosen: string): string {
  const path = resolve(chosen);
  // a folder of that name may be anything's: the folder inventory comes before it
  if (chosen.includes("/") || statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  const whole = join(folder(), chosen);
  if (existsSync(whole)) return whole;
  const files = inventories();
  const [found, ...others] = files.filter((file) => nameOf(file) === chosen);
  if (found !== undefined && others.length > 0)
    throw new ShowrunnerError(
      "usage",
      `the inventory ${chosen} may be any of ${[found, ...others].join(", ")}`,
      {
        hint: "name it with its ending",
      },
    );
  if (found !== undefined) return join(folder(), found);
  if (existsSync(path)) return path;
  const names = files.map(nameOf);
  throw new ShowrunnerError(
    "file.missing",
    `there is no inventory ${chosen}${didYouMean(basename(chosen, extname(chosen)), names)}`,
    {
      hint:
        files.length === 0
          ? `there are none in ${shownFolder()}`
          : `those in ${shownFolder()}: ${[...new Set(names)].join(", ")}`,
    },
  );
}

function nameOf(file: string): string {
  return basename(file, extname(file));
}

function shownFolder(): string {
  const path = relative(process.cwd(), folder());
  return path.startsWith("..") ? folder() : path;
}

/** The only inventory there is, or else the lab: what is run by mistake on throw-away hosts does no harm. */
function defaultFile(): string {
  const files = inventories();
  const [only] = files;
  if (files.some((file) => nameOf(file) === "lab")) return fileOf("lab");
  if (only !== undefined && files.length === 1) return join(folder(), only);
  throw new ShowrunnerError("usage", "no inventory is given", {
    hint:
      files.length === 0
        ? `name one with -i FILE or ${variable}; a project's own are in the folder inventory`
        : `name one with -i: ${files.map((file) => `inventory/${file}`).join(", ")}`,
  });
}

function folder(): string {
  const here = resolve("inventory");
  return existsSync(here) ? here : join(projectRoot(), "inventory");
}

function inventories(): string[] {
  return namesInFolder(folder()).filter((name) => endings.includes(extname(name)) && !name.endsWith(".d.ts"));
}
