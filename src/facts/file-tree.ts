/** What is below a directory. */

import { defineFact, lines, rawScript, type Script, sh } from "../kit/index.ts";
import { mayArriveAt } from "./files.ts";

/** What everything below a directory is to have. Modes are four octal digits. */
export interface TreeKey {
  readonly [name: string]: string | undefined;
  readonly path: string;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly directoryMode?: string | undefined;
  /** Of regular files that nobody may execute. */
  readonly fileMode?: string | undefined;
  /** Of regular files that somebody may execute. */
  readonly executableMode?: string | undefined;
}

const end = "\0\0";

/** The paths below a directory that have another owner, group or mode than the key says. Follows no link. */
export const treeDifference = defineFact<TreeKey, readonly string[]>({
  name: "file.tree",
  restsOn: ({ path }) => [path],
  limit: (keys) => 2 * 1024 * 1024 + keys.length * 16 * 1024,
  script: (keys) =>
    lines(...alike(keys).map((some) => lines(listDifferent(some), rawScript("printf '\\000\\000'")))),
  parse(stdout, keys) {
    const lists = stdout.toString().split(end);
    return new Map(
      alike(keys).flatMap((some, index) => {
        // the last name of a list ends with a NUL of its own, which is the first of the three there
        const paths = new Set((lists[index] ?? "").split("\0"));
        const below = byDirectory(
          paths,
          some.map(({ path }) => path),
        );
        return some.map((key): [TreeKey, readonly string[]] => [key, below.get(key.path) ?? []]);
      }),
    );
  },
});

/** Those that want the same owner, group and modes are looked at together. */
function alike(keys: readonly TreeKey[]): TreeKey[][] {
  const groups = new Map<string, TreeKey[]>();
  for (const key of keys) {
    const { owner, group, directoryMode, fileMode, executableMode } = key;
    const id = JSON.stringify([owner, group, directoryMode, fileMode, executableMode]);
    const known = groups.get(id);
    if (known) known.push(key);
    else groups.set(id, [key]);
  }
  return [...groups.values()];
}

/** A name on the way to directories that are asked for. */
interface Step {
  readonly next: Map<string, Step>;
  /** What lies below, if the way to here is such a directory. */
  below?: string[];
}

/**
 * Sorts paths by the directories that they are below. Each path is looked at once, as far as one of the directories
 * goes: a host may list very many. `find` writes a path as it was given, with the name below it behind a slash.
 */
function byDirectory(
  paths: Iterable<string>,
  directories: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const root: Step = { next: new Map() };
  const found = new Map<string, string[]>();
  for (const directory of directories) {
    let step = root;
    for (const name of directory.replace(/\/$/, "").split("/")) {
      const next = step.next.get(name) ?? { next: new Map() };
      step.next.set(name, next);
      step = next;
    }
    step.below ??= [];
    found.set(directory, step.below);
  }
  for (const path of paths) {
    let step: Step | undefined = root;
    for (let at = 0; step !== undefined; ) {
      const slash = path.indexOf("/", at);
      if (slash < 0 || slash === path.length - 1) break;
      step = step.next.get(path.slice(at, slash));
      step?.below?.push(path);
      at = slash + 1;
    }
  }
  return found;
}

/** Where there is nothing of such a name, the shell leaves the pattern as it stands. */
const isThere = `is_there() {
  case $1 in *'/*' | *'/.[!.]*' | *'/..?*') [ -e "$1" ] || [ -L "$1" ] ;; esac
}`;

/** Whether there is nothing in a directory; true, too, where there is no directory. Follows links. */
export const emptyDirectory = defineFact<string, boolean>({
  name: "file.empty",
  restsOn: (path) => [path],
  mayArrive: (path, empty) => empty && mayArriveAt(path),
  script: (paths) =>
    rawScript(`${isThere}
for path in ${sh`${paths}`.text}; do
  empty=0
  for one in "$path"/* "$path"/.[!.]* "$path"/..?*; do
    if is_there "$one"; then empty=1; break; fi
  done
  printf $empty
done`),
  parse: (stdout, paths) => new Map(paths.map((path, index) => [path, stdout[index] === 0x30])),
});

/** The names in a directory, hidden ones too; none where there is no directory. Follows links. */
export const directoryNames = defineFact<string, readonly string[]>({
  name: "file.names",
  restsOn: (path) => [path],
  mayArrive: (path, names) => names.length === 0 && mayArriveAt(path),
  script: (paths) =>
    rawScript(`${isThere}
for path in ${sh`${paths}`.text}; do
  for one in "$path"/* "$path"/.[!.]* "$path"/..?*; do
    if is_there "$one"; then printf '%s\\000' "\${one##*/}"; fi
  done
  printf '\\000'
done`),
  parse(stdout, paths) {
    const found = new Map<string, string[]>(paths.map((path) => [path, []]));
    let at = 0;
    for (const name of stdout.toString().split("\0")) {
      if (name === "") at++;
      else found.get(paths[at] ?? "")?.push(name);
    }
    return found;
  },
});

/** A directory, and names in it. */
export interface NamesKey {
  readonly [name: string]: string;
  readonly path: string;
  /** With a slash, which no name has, between them. */
  readonly names: string;
}

/** Whether a directory holds nothing but these names; true, too, where there is no directory. */
export const holdsOnly = defineFact<NamesKey, boolean>({
  name: "file.holdsOnly",
  restsOn: ({ path }) => [path],
  mayArrive: ({ path }, only) => only && mayArriveAt(path),
  script: (keys) =>
    lines(
      rawScript(isThere),
      ...keys.map(
        ({ path, names }) => sh`path=${path} only=0
for one in "$path"/* "$path"/.[!.]* "$path"/..?*; do
  case /${names}/ in *"/\${one##*/}/"*) ;; *) if is_there "$one"; then only=1; break; fi ;; esac
done
printf $only`,
      ),
    ),
  parse: (stdout, keys) => new Map(keys.map((key, index) => [key, stdout[index] === 0x30])),
});

/** A user or group that the host does not know yet owns nothing there: then everything differs. */
function listDifferent(keys: readonly TreeKey[]): Script {
  const [key] = keys;
  if (key === undefined) return rawScript(":");
  const { owner, group } = key;
  const known = lines(
    owner === undefined ? sh`:` : sh`id -u -- ${owner} >/dev/null 2>&1`,
    group === undefined ? sh`:` : groupExists(group),
  ).text.replace("\n", " && ");
  const different = findDifferent(key).map((test) => test.text);
  return rawScript(`set --
for path in ${sh`${keys.map(({ path }) => path)}`.text}; do [ ! -d "$path" ] || set -- "$@" "$path"; done
if [ $# -gt 0 ]; then
  if ${known}; then find -P "$@" -mindepth 1 \\( ${different.join(" -o ")} \\) -print0
  else find -P "$@" -mindepth 1 -print0; fi
fi`);
}

function groupExists(group: string): Script {
  return sh`{ getent group ${group} >/dev/null 2>&1 || grep -q -- ${`^${group}:`} /etc/group; }`;
}

const executable = "\\( -perm -100 -o -perm -010 -o -perm -001 \\)";

/** `find` tests for each way to differ; each stands for itself, so that a change can use them one by one. */
export function findDifferent(key: TreeKey): Script[] {
  const { owner, group } = key;
  return [
    ...(owner === undefined ? [] : [sh`! -user ${owner}`]),
    ...(group === undefined ? [] : [sh`! -group ${group}`]),
    ...modeTests(key).map(({ test }) => test),
  ];
}

/** The kinds of entries that get a mode, each with a `find` test for those that have another one. */
export function modeTests(key: TreeKey): { readonly test: Script; readonly mode: string }[] {
  const { directoryMode, fileMode, executableMode } = key;
  const tests: { test: Script; mode: string }[] = [];
  const add = (kind: string, mode: string | undefined) => {
    if (mode !== undefined)
      tests.push({ test: rawScript(`\\( ${kind} ! -perm ${sh`${mode}`.text} \\)`), mode });
  };
  add("-type d", directoryMode);
  add(`-type f ! ${executable}`, fileMode);
  add(`-type f ${executable}`, executableMode);
  return tests;
}
