/** The user's project: the folder that playbooks, inventories and the run's own files belong to. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * The nearest folder with a package.json, from `start` upwards.
 *
 * @param start a folder; by default the working directory
 * @returns the folder's absolute path; `start` itself where there is no package.json above it
 */
export function projectRoot(start: string = process.cwd()): string {
  const from = resolve(start);
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return from;
  }
}

/** Where the project's runs are kept. */
export function runsFolder(): string {
  return join(projectRoot(), ".showrunner", "runs");
}
