/** Files and directories: what is there, who owns it, what it holds. */

import { isUtf8 } from "node:buffer";
import { defineFact, lines, nothingElse, rawScript, type Script, ShowrunnerError, sh } from "../kit/index.ts";
import { contentsIn, printContents } from "./contents.ts";

/** What stands at a path; a symbolic link is not followed. */
export type FileState =
  | { readonly type: "absent" }
  | {
      readonly type: "file" | "directory" | "other";
      /** Four octal digits: `"0644"`. */
      readonly mode: string;
      /** The name, or the number of a user that has none. */
      readonly owner: string;
      readonly group: string;
      /** No new file can take its place, though its directory can be written: it is mounted there. */
      readonly isMounted?: true;
    }
  | { readonly type: "link"; readonly target: string; readonly owner: string; readonly group: string };

/** Places that Debian's packages leave to the administrator: nothing arrives there with one (Debian Policy, 9.1). */
const local = ["/srv/", "/home/", "/usr/local/", "/opt/", "/root/", "/tmp/"];

/** Whether installing a package may bring something to a path where nothing is. */
export function mayArriveAt(path: string): boolean {
  return !local.some((folder) => path.startsWith(folder) || `${path}/` === folder);
}

/**
 * What ends fields and records of what `stat` prints: it can't print a NUL. Whoever makes a link chooses where it leads,
 * so a path may hold them; such a one is not asked for, since it would tell of other paths.
 */
const field = "\x1f";
const record = "\x1e";

function isAsked(path: string): boolean {
  return !path.includes(field) && !path.includes(record);
}

/** How many paths go on one command line: far below the kernel's limit, whatever their length. */
const perCommand = 400;

/** The state of a path, by its absolute name. */
export const file = defineFact<string, FileState>({
  name: "file",
  restsOn: nothingElse,
  mayArrive: (path, state) => state.type === "absent" && mayArriveAt(path),
  script: (paths) =>
    lines(
      ...chunks(paths.filter(isAsked)).map((some) => sh`stat -c ${statFormat} -- ${some} 2>/dev/null`),
      sh`printf ${record}`,
      ...chunks(paths.filter(isAsked)).map((some) =>
        rawScript(`set --
for path in ${sh`${some}`.text}; do
  if [ -L "$path" ]; then set -- "$@" "$path"
  elif [ ! -e "$path" ]; then
    above=$path
    while [ ! -e "$above" ]; do
      case $above in
        /*/*) above=\${above%/*} ;;
        /*) above=/ ;;
        */*) above=\${above%/*} ;;
        *) above=. ;;
      esac
    done
    if [ -d "$above" ] && [ ! -x "$above" ]; then printf '%s\\000${hidden}\\000' "$path"; fi
  fi
done
${printTargets}`),
      ),
      mountedFiles(paths.filter(isAsked)),
    ),
  parse(stdout, paths): ReadonlyMap<string, FileState | ShowrunnerError> {
    const [states, links] = split(stdout.toString());
    const targets = pairs(links);
    const found = new Map(
      records(states).map(([bits = "", user = "", uid = "", group = "", gid = "", path = ""]) => [
        path,
        { bits: Number.parseInt(bits, 16), owner: nameOr(user, uid), group: nameOr(group, gid) },
      ]),
    );
    return new Map(
      paths.map((path): [string, FileState | ShowrunnerError] => {
        if (!isAsked(path)) return [path, unspeakable(path)];
        const state = found.get(path);
        const target = targets.get(path);
        // it was a link, and was none when that was read: no target would be the directory that it lies in
        if (state && isLink(state.bits) && !target) return [path, flickers(path)];
        if (state) {
          const known = fileState(state.bits, state.owner, state.group, target ?? "");
          return [path, known.type === "file" && target === mount ? { ...known, isMounted: true } : known];
        }
        return [path, target === hidden ? notAllowed(path) : { type: "absent" }];
      }),
    );
  },
});

/** Where the links lead that are the shell's words. GNU's `find` tells of all at once; busybox's prints nothing then. */
const printTargets = `[ $# -eq 0 ] || find "$@" -maxdepth 0 -printf '%p\\0%l\\0' 2>/dev/null ||
  for path; do printf '%s\\000%s\\000' "$path" "$(readlink -- "$path")"; done`;

/** Stands for a path that our user may not look at: whether there is anything nobody can tell. */
const hidden = "\x1d";

/** Stands for a file that is mounted. */
const mount = "\x1dmounted";

/**
 * Which of these are mounted. Nothing else that is mounted is touched: a file system whose server is gone would hold up
 * whoever looks at it. Spaces and the like are written in octal there.
 */
function mountedFiles(paths: readonly string[]): Script {
  return sh`asked=${["", ...paths, ""].join(record)}
[ ! -r /proc/self/mounts ] || while read -r _ at _; do
  case $at in *\\\\*) at=$(printf '%b' "$at") ;; esac
  case $asked in *${record}"$at"${record}*)
    if [ -f "$at" ] && [ -w "\${at%/*}/" ]; then printf '%s\\000%s\\000' "$at" ${mount}; fi ;;
  esac
done </proc/self/mounts`;
}

function notAllowed(path: string): ShowrunnerError {
  return new ShowrunnerError("fact.failed", `${path} can't be read: permission denied`, {
    hint: "let the task become a user who may: become: true",
  });
}

function unspeakable(path: string): ShowrunnerError {
  return new ShowrunnerError("fact.failed", `${path} can't be read: it has control characters in its name`, {
    hint: "where a symbolic link leads there, remove the link",
  });
}

const statFormat = ["%f", "%U", "%u", "%G", "%g", "%n"].join(field) + record;

/** `stat` calls everybody without a name UNKNOWN. */
function nameOr(name: string, id: string): string {
  return name === "UNKNOWN" ? id : name;
}

/** `stat` ends each record with a newline of its own; the lone separator stands between the two lists. */
function split(text: string): [string, string] {
  const at = text.startsWith(record) ? 0 : text.indexOf(`${record}\n${record}`) + 2;
  return [text.slice(0, at), text.slice(at + 1)];
}

function records(text: string): string[][] {
  return text
    .split(record)
    .map((one) => one.replace(/^\n/, ""))
    .filter((one) => one !== "")
    .map((one) => one.split(field));
}

/** Paths and what was said of each, all ended by a NUL. */
function pairs(text: string): ReadonlyMap<string, string> {
  const all = text.split("\0");
  return new Map(all.flatMap((path, at) => (at % 2 === 0 ? [[path, all[at + 1] ?? ""]] : [])));
}

function chunks(paths: readonly string[]): string[][] {
  const all: string[][] = [];
  for (let at = 0; at < paths.length; at += perCommand) all.push(paths.slice(at, at + perCommand));
  return all;
}

function isLink(bits: number): boolean {
  return (bits & 0o170000) === 0o120000;
}

function flickers(path: string): ShowrunnerError {
  return new ShowrunnerError("fact.failed", `${path} was replaced while it was read`, {
    hint: "run again; if this comes back, somebody on the host keeps changing it",
  });
}

function fileState(bits: number, owner: string, group: string, target: string): FileState {
  const kind = bits & 0o170000;
  if (isLink(bits)) return { type: "link", target, owner, group };
  const type = kind === 0o100000 ? "file" : kind === 0o040000 ? "directory" : "other";
  return { type, mode: (bits & 0o7777).toString(8).padStart(4, "0"), owner, group };
}

/** The SHA-256 of a regular file's content, in hex; undefined where there is none. Follows no link. */
export const fileHash = defineFact<string, string | undefined>({
  name: "file.sha256",
  restsOn: nothingElse,
  mayArrive: (path, hash) => hash === undefined && mayArriveAt(path),
  script: (paths) => lines(...chunks(paths).map(hashSome)),
  parse(stdout, paths) {
    const text = stdout.toString();
    let at = 0;
    const hashes = chunks(paths).flatMap((some) => {
      const there = text.slice(at, at + some.length);
      at += some.length + 1;
      return some.map((path, index): [string, string | undefined] => {
        if (there[index] !== "+") return [path, undefined];
        const start = text[at] === "\\" ? at + 1 : at;
        at = endOfName(text, start + 66, path);
        return [path, text.slice(start, start + 64)];
      });
    });
    return new Map(hashes);
  },
});

/** Where the line ends that has a path at some place: GNU's `sha256sum` escapes names, busybox's prints them as they are. */
function endOfName(text: string, start: number, path: string): number {
  const end = start + path.length;
  if (text.startsWith(`${path}\n`, start)) return end + 1;
  const next = text.indexOf("\n", start);
  return next < 0 ? text.length : next + 1;
}

/**
 * Tells which of them are regular files, and their hashes. The list is of numbers: one of names, made longer name by
 * name, would be copied each time by the shell.
 */
function hashSome(paths: readonly string[]): Script {
  return rawScript(`set -- ${sh`${paths}`.text}
at=0 there= found=
for path; do
  at=$((at + 1))
  if [ -f "$path" ] && [ ! -L "$path" ]; then there=$there+ found="$found \\"\\\${$at}\\""; else there=$there-; fi
done
echo "$there"
[ -z "$found" ] || eval "sha256sum -- $found" || exit`);
}

/** Larger files are edited by no module. Bytes. */
const contentLimit = 4 * 1024 * 1024;

/** A regular file's content, of 4 MiB at most; undefined where there is none. Follows links. */
export const fileContent = defineFact<string, Buffer | undefined>({
  name: "file.content",
  restsOn: nothingElse,
  mayArrive: (path, content) => content === undefined && mayArriveAt(path),
  limit: (paths) => paths.length * (contentLimit + 1024),
  script: (paths) => printContents(paths, contentLimit + 1),
  parse: (stdout, paths) =>
    pieces(stdout, paths, (piece, path) =>
      piece.length > contentLimit ? tooLarge(path) : Buffer.from(piece),
    ),
});

/** Texts up to this size are shown in diffs, in bytes. */
export const diffLimit = 256 * 1024;

/**
 * A regular file's content as a diff would show it: undefined where there is none, where it is larger than
 * `diffLimit` or where it is no text. Follows links.
 */
export const fileText = defineFact<string, string | undefined>({
  name: "file.text",
  restsOn: nothingElse,
  mayArrive: (path, text) => text === undefined && mayArriveAt(path),
  limit: (paths) => paths.length * (diffLimit + 1024),
  script: (paths) => printContents(paths, diffLimit + 1),
  parse: (stdout, paths) => pieces(stdout, paths, asText),
});

/** Bytes as the text they are; undefined for what is too long for a diff, or no text. */
export function asText(bytes: Buffer): string | undefined {
  return bytes.length <= diffLimit && !bytes.includes(0) && isUtf8(bytes) ? bytes.toString() : undefined;
}

function tooLarge(path: string): ShowrunnerError {
  return new ShowrunnerError("fact.failed", `${path} is larger than ${contentLimit / 1024 ** 2} MiB`, {
    hint: "its content is not read: replace the whole file with copy or template, or edit it with a command",
  });
}

function pieces<V>(
  stdout: Buffer,
  paths: readonly string[],
  value: (piece: Buffer, path: string) => V,
): Map<string, V | undefined> {
  const contents = contentsIn(stdout, paths.length);
  return new Map(
    paths.map((path, index) => {
      const content = contents[index];
      return [path, content && value(content, path)];
    }),
  );
}
