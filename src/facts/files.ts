/** Files and directories: what is there, who owns it, what it holds. */

import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import {
  defineFact,
  lines,
  nothingElse,
  quote,
  rawScript,
  type Script,
  ShowrunnerError,
  sh,
} from "../kit/index.ts";

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
        rawScript(`for path in ${sh`${some}`.text}; do
  if [ -L "$path" ]; then
    printf '%s\\000%s\\000' "$path" "$(readlink -- "$path")"
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
done`),
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
[ ! -r /proc/self/mountinfo ] || while read -r _ _ _ _ at _; do
  case $at in *\\\\*) at=$(printf '%b' "$at") ;; esac
  case $asked in *${record}"$at"${record}*)
    if [ -f "$at" ] && [ -w "\${at%/*}/" ]; then printf '%s\\000%s\\000' "$at" ${mount}; fi ;;
  esac
done </proc/self/mountinfo`;
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
  script: (paths) => {
    const odd = paths.filter(isOdd);
    return lines(...chunks(paths.filter((path) => !isOdd(path))).map(hashMany), ...odd.map(hashOne));
  },
  parse(stdout, paths) {
    const odd = paths.filter(isOdd);
    const hashes = new Map<string, string>();
    for (const line of stdout.toString().split("\n")) {
      const [, index, hash = ""] = /^#(\d+) (\w{64})/.exec(line) ?? [];
      if (index !== undefined) hashes.set(odd[Number(index)] ?? "", hash);
      else if (line !== "") hashes.set(line.slice(66), line.slice(0, 64));
    }
    return new Map(paths.map((path) => [path, hashes.get(path)]));
  },
});

/** Names that `sha256sum` would spell differently: GNU's escapes them, busybox's prints them as they are. */
function isOdd(path: string): boolean {
  return /[\\\n\r]/.test(path);
}

/** The list is of numbers: one of names, made longer name by name, would be copied each time by the shell. */
function hashMany(paths: readonly string[]): Script {
  return rawScript(`set -- ${sh`${paths}`.text}
at=0 found=
for path; do
  at=$((at + 1))
  if [ -f "$path" ] && [ ! -L "$path" ]; then found="$found \\"\\\${$at}\\""; fi
done
[ -z "$found" ] || eval "sha256sum -- $found" || exit`);
}

function hashOne(path: string, index: number): Script {
  const name = quote(path);
  return rawScript(
    `if [ -f ${name} ] && [ ! -L ${name} ]; then printf '#${index} '; sha256sum <${name} || exit; fi`,
  );
}

/** Stands between contents, and in none of them. */
const boundary = randomBytes(16).toString("hex");

/** Larger files are edited by no module. Bytes. */
const contentLimit = 4 * 1024 * 1024;

/** A regular file's content, of 4 MiB at most; undefined where there is none. Follows links. */
export const fileContent = defineFact<string, Buffer | undefined>({
  name: "file.content",
  restsOn: nothingElse,
  mayArrive: (path, content) => content === undefined && mayArriveAt(path),
  limit: (paths) => paths.length * (contentLimit + 1024),
  script: (paths) => readEach(paths, sh`head -c ${contentLimit + 1} -- "$path"`),
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
  script: (paths) => readEach(paths, sh`head -c ${diffLimit + 1} -- "$path"`),
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

function readEach(paths: readonly string[], read: Script): Script {
  return rawScript(`for path in ${sh`${paths}`.text}; do
  if [ -f "$path" ]; then printf +; ${read.text} || exit; else printf -- -; fi
  printf ${boundary}
done`);
}

function pieces<V>(
  stdout: Buffer,
  paths: readonly string[],
  value: (piece: Buffer, path: string) => V,
): Map<string, V | undefined> {
  const values = new Map<string, V | undefined>();
  let at = 0;
  for (const path of paths) {
    const end = stdout.indexOf(boundary, at);
    if (end < 0) throw new ShowrunnerError("fact.failed", `the host did not say what ${path} holds`);
    const piece = stdout.subarray(at, end);
    values.set(path, piece[0] === 0x2b ? value(piece.subarray(1), path) : undefined);
    at = end + boundary.length;
  }
  return values;
}
