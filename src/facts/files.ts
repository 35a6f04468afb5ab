/** Files and directories: what is there, who owns it, what it holds. */
import { randomBytes } from "node:crypto";
import { defineFact } from "../core/fact.ts";
import { rawScript, sh } from "../core/script.ts";

/** What stands at a path; a symbolic link is not followed. */
export type FileState =
  | { readonly type: "absent" }
  | {
      readonly type: "file" | "directory" | "other";
      /** Four octal digits: `"0644"`. */
      readonly mode: string;
      readonly owner: string;
      readonly group: string;
    }
  | { readonly type: "link"; readonly target: string; readonly owner: string; readonly group: string };

/** Places that Debian's packages leave to the administrator: nothing arrives there with one (Debian Policy, 9.1). */
const local = ["/srv/", "/home/", "/usr/local/", "/opt/", "/root/", "/tmp/"];

/** Whether installing a package may bring something to a path where nothing is. */
export function mayArriveAt(path: string): boolean {
  return !local.some((folder) => path.startsWith(folder) || `${path}/` === folder);
}

/** Separates fields and records: no path in use holds them. */
const field = "\x1f";
const record = "\x1e";

/** The state of a path, by its absolute name. */
export const file = defineFact<string, FileState>({
  name: "file",
  mayArrive: (path, state) => state.type === "absent" && mayArriveAt(path),
  script: (paths) =>
    rawScript(`
stat -c ${sh`${`%f${field}%U${field}%G${field}%n${record}`}`.text} -- ${sh`${paths}`.text} 2>/dev/null
printf '${record}'
for path in ${sh`${paths}`.text}; do
  if [ -L "$path" ]; then printf '%s${field}%s${record}' "$path" "$(readlink -- "$path")"; fi
done`),
  parse(stdout, paths) {
    const [states = "", links = ""] = split(stdout.toString());
    const targets = new Map(records(links).map(([path = "", target = ""]) => [path, target]));
    const found = new Map(
      records(states).map(([bits = "", owner = "", group = "", path = ""]) => [
        path,
        { bits: Number.parseInt(bits, 16), owner, group },
      ]),
    );
    return new Map(
      paths.map((path) => {
        const state = found.get(path);
        return [
          path,
          state
            ? fileState(state.bits, state.owner, state.group, targets.get(path) ?? "")
            : { type: "absent" },
        ];
      }),
    );
  },
});

/** `stat` ends each record with a newline of its own; the lone separator stands between the two lists. */
function split(text: string): [string, string] {
  const at = text.search(new RegExp(`(^|\\n)${record}`));
  const end = text.indexOf(record, at);
  return [text.slice(0, end), text.slice(end + 1)];
}

function records(text: string): string[][] {
  return text
    .split(record)
    .map((one) => one.replace(/^\n/, ""))
    .filter((one) => one !== "")
    .map((one) => one.split(field));
}

function fileState(bits: number, owner: string, group: string, target: string): FileState {
  const kind = bits & 0o170000;
  if (kind === 0o120000) return { type: "link", target, owner, group };
  const type = kind === 0o100000 ? "file" : kind === 0o040000 ? "directory" : "other";
  return { type, mode: (bits & 0o7777).toString(8).padStart(4, "0"), owner, group };
}

/** The SHA-256 of a regular file's content, in hex; undefined where there is none. Follows no link. */
export const fileHash = defineFact<string, string | undefined>({
  name: "file.sha256",
  mayArrive: (path, hash) => hash === undefined && mayArriveAt(path),
  script: (paths) =>
    rawScript(`
for path in ${sh`${paths}`.text}; do
  if [ -f "$path" ] && [ ! -L "$path" ]; then set -- "$@" "$path"; fi
done
[ $# -eq 0 ] || sha256sum -- "$@"`),
  parse(stdout, paths) {
    const hashes = new Map(
      stdout
        .toString()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
          // a name with a backslash or a newline is escaped, and the line then begins with a backslash
          const escaped = line.startsWith("\\");
          const [hash = "", name = ""] = [
            line.slice(escaped ? 1 : 0, escaped ? 65 : 64),
            line.slice(escaped ? 67 : 66),
          ];
          return [escaped ? name.replaceAll("\\n", "\n").replaceAll("\\\\", "\\") : name, hash];
        }),
    );
    return new Map(paths.map((path) => [path, hashes.get(path)]));
  },
});

/** Stands between contents, and in none of them. */
const boundary = randomBytes(16).toString("hex");

/** A regular file's content; undefined where there is none. Follows links. */
export const fileContent = defineFact<string, Buffer | undefined>({
  name: "file.content",
  mayArrive: (path, content) => content === undefined && mayArriveAt(path),
  script: (paths) =>
    rawScript(`
for path in ${sh`${paths}`.text}; do
  if [ -f "$path" ]; then printf +; cat -- "$path" || exit; else printf -- -; fi
  printf ${boundary}
done`),
  parse(stdout, paths) {
    const contents = new Map<string, Buffer | undefined>();
    let at = 0;
    for (const path of paths) {
      const end = stdout.indexOf(boundary, at);
      const piece = stdout.subarray(at, end);
      contents.set(path, piece[0] === 0x2b ? Buffer.from(piece.subarray(1)) : undefined);
      at = end + boundary.length;
    }
    return contents;
  },
});
