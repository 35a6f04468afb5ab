/** Files of this machine, as tasks name them. */

import { isUtf8 } from "node:buffer";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { formatLocation, type Location, ShowrunnerError } from "../../kit/index.ts";

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

/** @throws ShowrunnerError `file.missing` where there is nothing to read, or nothing that can be copied */
export function statLocal(path: string): Stats {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats)
    throw new ShowrunnerError("file.missing", `src: there is no file ${path} on this machine`, {
      hint: "in a role, role.file(NAME) and role.template(NAME) name files beside its index.ts",
    });
  const kind = specialKind(stats);
  if (kind !== undefined)
    throw new ShowrunnerError(
      "file.missing",
      `src: ${path} is ${kind}: only files and directories are copied`,
    );
  return stats;
}

/** What it is, of what has no content of its own: to read from a pipe would be to wait for whoever writes to it. */
function specialKind(stats: Stats): string | undefined {
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  if (stats.isBlockDevice() || stats.isCharacterDevice()) return "a device";
  return undefined;
}

/** A file, a directory or a link below a local directory. */
export interface LocalEntry {
  /** Path below the directory. */
  readonly name: string;
  readonly path: string;
  readonly kind: "file" | "directory" | "link";
  /** Of a link: where it leads, as it is written in it. */
  readonly target?: string;
  /** Of a file. */
  readonly stats?: Stats;
}

/**
 * All that is below a local directory, each directory before what is in it. Symbolic links are followed, as
 * Ansible's copy does; one that leads nowhere, or to a directory in which it is itself, is an entry of its own.
 *
 * Synchronous on purpose: the facts of all targets must be asked for in the tick in which the task is planned.
 *
 * @throws ShowrunnerError `file.missing` naming everything that can't be copied: pipes, sockets, devices, and names
 *   that are not UTF-8
 */
export function walkLocal(root: string): LocalEntry[] {
  const problems: string[] = [];
  const entries = walk(root, [], problems);
  const [first, ...others] = problems;
  if (first === undefined) return entries;
  throw new ShowrunnerError("file.missing", `src: ${first}: only files, directories and links are copied`, {
    details: others,
    hint: "take it out of the folder, or copy the wanted part of the folder by itself",
  });
}

/** @param above the directories that it is in, by their real paths */
function walk(root: string, above: readonly string[], problems: string[]): LocalEntry[] {
  const inside = [...above, realpathSync(root)];
  return readdirSync(root, { encoding: "buffer" })
    .flatMap((bytes) => {
      if (isUtf8(bytes)) return [bytes.toString()];
      problems.push(`${join(root, bytes.toString("latin1"))} has a name that is not UTF-8`);
      return [];
    })
    .sort()
    .flatMap((name) => entriesOf(name, join(root, name), inside, problems));
}

function entriesOf(name: string, path: string, inside: readonly string[], problems: string[]): LocalEntry[] {
  const stats = statIfLeadsSomewhere(path);
  if (!stats || (stats.isDirectory() && isCircular(path, inside))) {
    const target = readlinkSync(path, { encoding: "buffer" });
    if (isUtf8(target)) return [{ name, path, kind: "link", target: target.toString() }];
    problems.push(`${path} is a link whose target is not UTF-8`);
    return [];
  }
  const kind = specialKind(stats);
  if (kind !== undefined) problems.push(`${path} is ${kind}`);
  if (stats.isFile()) return [{ name, path, kind: "file", stats }];
  if (!stats.isDirectory()) return [];
  const below = walk(path, inside, problems);
  return [
    { name, path, kind: "directory" },
    ...below.map((entry) => ({ ...entry, name: join(name, entry.name) })),
  ];
}

/** Whether it is a link to a directory that it is in itself. */
function isCircular(path: string, inside: readonly string[]): boolean {
  if (!lstatSync(path).isSymbolicLink()) return false;
  const real = realpathSync(path);
  return inside.some((directory) => directory === real || directory.startsWith(join(real, "/")));
}

/** Undefined for a link that leads nowhere, or round in a circle. */
function statIfLeadsSomewhere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ELOOP") return undefined;
    throw error;
  }
}
