/** Files of this machine, as tasks name them. */
import { existsSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { formatLocation, type Location, ShowrunnerError } from "../../core/base/errors.ts";

/**
 * Finds a local file: beside the user's file that names it, else in the working directory.
 *
 * @param name how the task names it
 * @param caller the user's file
 * @returns its absolute path; a path that was absolute is not looked at
 * @throws ShowrunnerError `file.missing` naming both places
 */
export function findLocal(name: string, caller: Location | undefined): string {
  if (isAbsolute(name)) return name;
  const places = [...(caller ? [dirname(caller.file)] : []), process.cwd()];
  const found = places.map((place) => join(place, name)).find((path) => existsSync(path));
  if (found !== undefined) return name.endsWith("/") ? `${found.replace(/\/+$/, "")}/` : found;
  const looked = [...new Set(places.map((place) => resolve(place, name)))];
  throw new ShowrunnerError("file.missing", `src: there is no file ${JSON.stringify(name)}`, {
    location: caller,
    details: looked.map((path) => `looked for ${path}`),
    hint: `a relative path starts at the file that names it${caller ? ` (${formatLocation(caller)})` : ""}, or at the working directory`,
  });
}

/** @throws ShowrunnerError `file.missing` where there is nothing to read */
export function statLocal(path: string): Stats {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats) return stats;
  throw new ShowrunnerError("file.missing", `src: there is no file ${path} on this machine`, {
    hint: "in a role, role.file(NAME) and role.template(NAME) name files beside its index.ts",
  });
}

/** A file or directory below a local directory. */
export interface LocalEntry {
  /** Path below the directory. */
  readonly name: string;
  readonly path: string;
  readonly directory: boolean;
}

/**
 * All that is below a local directory, each directory before what is in it. Symbolic links are followed, as
 * Ansible's copy does.
 *
 * Synchronous on purpose: the facts of all targets must be asked for in the tick in which the task is planned.
 */
export function walkLocal(root: string, seen: readonly string[] = []): LocalEntry[] {
  const real = realpathSync(root);
  if (seen.includes(real))
    throw new ShowrunnerError("file.missing", `src: ${root} contains itself by a symbolic link`);
  return readdirSync(root)
    .sort()
    .flatMap((name): LocalEntry[] => {
      const path = join(root, name);
      const directory = statLocal(path).isDirectory();
      const below = directory ? walkLocal(path, [...seen, real]) : [];
      return [
        { name, path, directory },
        ...below.map((entry) => ({ ...entry, name: join(name, entry.name) })),
      ];
    });
}
