/** Removes files and directories that were written once and are wanted no more. */

import { posix } from "node:path";
import { holdsOnly } from "../../facts/file-tree.ts";
import { file } from "../../facts/files.ts";
import type { Plan, PlanHost } from "../../kit/index.ts";
import { removeEmptyDirectory, removePath } from "./remove.ts";

/**
 * A directory, whose path ends in a slash, goes where it then holds nothing. What has become something else since it
 * was written stays: it is somebody else's.
 *
 * @returns what was there and was removed
 */
export async function* removeUnwanted(host: PlanHost, paths: readonly string[]): Plan<string[]> {
  const files = paths.filter((path) => !isDirectory(path));
  const directories = paths.filter(isDirectory).sort().reverse(); // what lies in a directory comes before it
  const names = namesByDirectory(paths);
  const [fileStates, directoryStates, emptied] = await Promise.all([
    Promise.all(files.map((path) => host.fact(file, path))),
    Promise.all(directories.map((path) => host.fact(file, bare(path)))),
    Promise.all(
      directories.map((path) =>
        host.fact(holdsOnly, { path: bare(path), names: (names.get(bare(path)) ?? []).sort().join("/") }),
      ),
    ),
  ]);
  const removed: string[] = [];
  /** Directories with something in them that stays. */
  const holding = new Set<string>();
  const keep = (path: string) => holding.add(posix.dirname(path));
  for (const [index, path] of files.entries()) {
    const { type = "absent" } = fileStates[index] ?? {};
    if (type === "file" || type === "link") removed.push(path);
    else if (type !== "absent") keep(path);
  }
  for (const [index, path] of directories.entries()) {
    const { type = "absent" } = directoryStates[index] ?? {};
    const isEmpty = emptied[index] === true && !holding.has(bare(path));
    if (type === "directory" && isEmpty) removed.push(path);
    else if (type !== "absent") keep(path);
  }
  for (const path of removed) {
    if (isDirectory(path)) yield naming(path, removeEmptyDirectory(bare(path)));
    else {
      const removal = removePath(host, path);
      for (let next = await removal.next(); !next.done; )
        next = await removal.next(yield naming(path, next.value));
    }
  }
  return removed;
}

function naming<C extends { readonly what: string }>(path: string, change: C): C {
  return { ...change, what: `${change.what} ${path}` };
}

function isDirectory(path: string): boolean {
  return path.endsWith("/");
}

/** Without the slash that says it is a directory. */
function bare(path: string): string {
  return isDirectory(path) ? path.slice(0, -1) : path;
}

/** The names of the paths, by the directory in which each lies. */
function namesByDirectory(paths: readonly string[]): ReadonlyMap<string, string[]> {
  const names = new Map<string, string[]>();
  for (const path of paths) {
    const directory = posix.dirname(path);
    const known = names.get(directory);
    if (known) known.push(posix.basename(path));
    else names.set(directory, [posix.basename(path)]);
  }
  return names;
}
