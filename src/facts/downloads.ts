/** What was fetched from a server, as the host remembers it: a server tells of no content, only of its version. */
import { createHash } from "node:crypto";
import { defineFact, lines, nothingElse, rawScript, type Script, sh } from "../kit/index.ts";
import { stateFolders } from "../kit/own.ts";

/** A file that was fetched. */
interface Download {
  /** The SHA-256, in hex, of the address that was asked. */
  readonly address: string;
  /** What the server called this version: `ETag`, `Last-Modified`. Empty where it did not. */
  readonly etag: string;
  readonly modified: string;
  /** The SHA-256 of the content, in hex. */
  readonly hash: string;
}

/** How long a name may be that a server has for a version, in bytes: a longer one is ignored, for it is kept on the host. */
export const versionLimit = 1024;

/** What stands in a record for an address. */
export function addressMark(url: string): string {
  return sha256(url);
}

/** What was fetched to a path; undefined where nothing was, or it is not known. Four lines a record. */
export const download = defineFact<string, Download | undefined>({
  name: "file.download",
  restsOn: nothingElse,
  script: (paths) =>
    lines(
      sh`${stateFolders}
show() {
  if [ -n "$there" ] && [ -f "$1" ] && [ ! -L "$1" ]; then
    for at in 1 2 3 4; do IFS= read -r line || line=; [ "\${#line}" -le ${versionLimit} ] || line=; printf '%s\\n' "$line"; done <"$1"
  else printf '\\n\\n\\n\\n'; fi
}
there=
! enter "$state" || ! enter "$PWD/downloads" || there=yes`,
      ...paths.map((path) => sh`show ${sha256(path)}`),
    ),
  parse(stdout, paths) {
    const all = stdout.toString().split("\n");
    return new Map(
      paths.map((path, index) => {
        const [address = "", etag = "", modified = "", hash = ""] = all.slice(4 * index, 4 * index + 4);
        return [path, hash === "" ? undefined : { address, etag, modified, hash }];
      }),
    );
  },
});

/**
 * Writes a record, whole or not at all.
 *
 * @param path where the content went
 * @param mark the address's
 * @param version words of the shell: `ETag`, `Last-Modified`, and the content's SHA-256
 */
export function recordDownload(path: string, mark: string, version: Script): Script {
  const name = sha256(path);
  return rawScript(`(
${stateFolders.text}
umask 077
make "$state" && make "$PWD/downloads" &&
  printf '%s\\n' ${mark} ${version.text} >.${name} && mv -f -- .${name} ${name}
)`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
