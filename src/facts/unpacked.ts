/** What was unpacked from archives, as the host remembers it. */
import { createHash } from "node:crypto";
import {
  defineFact,
  lines,
  nothingElse,
  rawScript,
  type Script,
  type ShowrunnerError,
  sh,
} from "../kit/index.ts";
import { stateFolders } from "../kit/own.ts";

/** A file, directory or link that came from an archive. */
export interface UnpackedEntry {
  /** Below the directory. */
  readonly path: string;
  readonly type: "file" | "directory" | "link";
  /** Four octal digits; of a link nothing. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Of a link. */
  readonly target: string;
  /** Of a file, the SHA-256 in hex. */
  readonly hash: string;
}

/** An archive that was unpacked. */
export interface Unpacked {
  /** Of the archive, and of how it was unpacked. */
  readonly mark: string;
  readonly entries: readonly UnpackedEntry[];
}

/** Where an archive was unpacked, and which. */
export interface UnpackedKey {
  readonly [name: string]: string;
  readonly path: string;
  /** The archive's name, without a directory. */
  readonly archive: string;
}

/** How large one record may be, in bytes: some 5,000 files. An answer is parsed in one turn of the event loop. */
export const recordLimit = 1024 * 1024;

/** The name of a record. */
export function recordName({ path, archive }: UnpackedKey): string {
  return createHash("sha256").update(`${path}\0${archive}`).digest("hex").slice(0, 32);
}

/** Enters the folder of records, and makes it where there is none. Only the user that runs the script can enter it. */
export function enterRecords(): Script {
  return rawScript(`${stateFolders.text}
umask 077
make "$state" && make "$PWD/unpacked" || exit`);
}

/** What came from an archive; undefined where that is not known. */
export const unpacked = defineFact<UnpackedKey, Unpacked | undefined>({
  name: "file.unpacked",
  restsOn: nothingElse,
  limit: (keys) => keys.length * (recordLimit + 1024),
  script: (keys) =>
    lines(
      sh`${stateFolders}
there=
! enter "$state" || ! enter "$PWD/unpacked" || there=yes
show() {
  if [ -n "$there" ] && [ -f "$1" ] && [ ! -L "$1" ]; then cat -- "$1"; fi
  printf '\\000'
}`,
      ...keys.map((key) => sh`show ${recordName(key)}`),
    ),
  parse(stdout, keys) {
    const records = stdout.toString().split("\0", keys.length);
    return new Map(
      keys.map((key, index): [UnpackedKey, Unpacked | undefined | ShowrunnerError] => {
        return [key, recordIn(records[index] ?? "")];
      }),
    );
  },
});

/** Lines of fields: the mark alone; then what came; then the files' hashes. */
function recordIn(text: string): Unpacked | undefined {
  const end = text.indexOf("\n");
  if (end <= 0) return undefined;
  // only lines of a kind are looked at: a host may send very many others
  const fields =
    text
      .slice(end + 1)
      .match(/^[fdlh]\t.*$/gm)
      ?.map((line) => line.split("\t", 6)) ?? [];
  const hashes = new Map<string, string>();
  for (const [kind, hash = "", path = ""] of fields) if (kind === "h") hashes.set(path, hash);
  const entries = fields.flatMap(([kind = "", mode = "", owner = "", group = "", target = "", path = ""]) => {
    const type = kinds.get(kind);
    if (type === undefined) return [];
    const isLink = type === "link";
    return [
      {
        path,
        type,
        mode: isLink ? "" : mode.padStart(4, "0"),
        owner,
        group,
        target: isLink ? target : "",
        hash: hashes.get(path) ?? "",
      },
    ];
  });
  return { mark: text.slice(0, end), entries };
}

const kinds = new Map<string, UnpackedEntry["type"]>([
  ["f", "file"],
  ["d", "directory"],
  ["l", "link"],
]);

/** All paths below a directory. */
export const pathsBelow = defineFact<string, readonly string[]>({
  name: "file.below",
  restsOn: (path) => [path],
  limit: (keys) => keys.length * recordLimit,
  script: (paths) =>
    rawScript(`for path in ${sh`${paths}`.text}; do
  [ ! -d "$path" ] || find "$path" -mindepth 1 -print0
  printf '\\000'
done`),
  parse(stdout, paths) {
    const text = stdout.toString();
    let at = 0;
    return new Map(
      paths.map((path) => {
        // each name ends with a NUL, and each list with one more
        const end = text[at] === "\0" ? at - 1 : text.indexOf("\0\0", at);
        const below = end <= at ? [] : text.slice(at, end).split("\0");
        at = end < at - 1 ? text.length : end + 2;
        return [path, below];
      }),
    );
  },
});
