import { Type } from "../../core/base/schema.ts";
import { lines, sh } from "../../core/base/script.ts";
import { change } from "../../core/facts/change.ts";
import { defineModule } from "../../core/tasks/module.ts";
import { file } from "../../facts/files.ts";
import { ownedFiles as ownedFact, ownedFilesFolder, ownedFilesList } from "../../facts/owned-files.ts";
import { checkPath } from "./paths.ts";
import { removePath } from "./remove.ts";

/** What `ownedFiles` gives. */
export interface OwnedFilesValue {
  /** The files that were there and were wanted no more. */
  readonly removed: readonly string[];
}

/**
 * Remembers on the host which files somebody writes, and removes those that are wanted no more.
 *
 * Note files before they are written. With `prune`, what the owner noted before and does not name now is removed: give
 * it all files then. A file that another owner has noted, too, stays. A role gets its owner's name, and with `finish`
 * a place for the pruning: see docs/roles.md.
 *
 * @example
 * await ownedFiles({ owner, files: ["/etc/nginx/conf.d/shop.conf"] });
 * await ownedFiles({ owner, files: all, prune: true }, { notify: reload });
 */
export const ownedFiles = defineModule({
  name: "ownedFiles",
  summary: "Remembers which files somebody writes, and removes those that are wanted no more.",
  params: {
    owner: Type.String({
      pattern: "^[^\\n\\r]+$",
      description: "who writes them, the same at every run: in a role, its `owner`",
    }),
    files: Type.Array(Type.String({ pattern: "^/[^\\n\\r]*$" }), { description: "the files' paths" }),
    prune: Type.Optional(
      Type.Boolean({
        default: false,
        description: "true: these are all of them; the owner's others are removed",
      }),
    ),
  },
  examples: [
    `ownedFiles({ owner, files: ["/etc/nginx/conf.d/shop.conf"] })`,
    `ownedFiles({ owner, files: sites.map(fileOf), prune: true }, { notify: reload })`,
  ],
  title: ({ owner }) => owner,
  check(p) {
    for (const path of p.files) checkPath("files", path);
  },
  async *plan(host, p) {
    const all = await host.fact(ownedFact, "");
    const noted = all[p.owner] ?? [];
    const files = [...new Set(p.prune === true ? p.files : [...noted, ...p.files])].sort();
    const others = Object.entries(all).flatMap(([owner, paths]) => (owner === p.owner ? [] : paths));
    const stale = noted.filter((path) => !files.includes(path) && !others.includes(path));
    const states = await Promise.all(stale.map((path) => host.fact(file, path)));
    const value: OwnedFilesValue = { removed: stale.filter((_, index) => states[index]?.type !== "absent") };
    for (const path of stale) {
      const removal = removePath(host, path);
      for (let next = await removal.next(); !next.done; )
        next = await removal.next(yield { ...next.value, what: `${next.value.what} ${path}` });
    }
    if (files.join("\n") === [...noted].sort().join("\n")) return value;
    const list = ownedFilesList(p.owner);
    yield change({
      what: "noted",
      before: noted.join(", "),
      after: files.join(", "),
      // a list is whole or as it was
      script: lines(
        sh`umask 077; mkdir -p -- ${ownedFilesFolder} || exit`,
        sh`printf '%s\\n' ${[p.owner, ...files]} >${`${list}.new`} && mv -f -- ${`${list}.new`} ${list}`,
      ),
      sets: [ownedFact.is("", { ...all, [p.owner]: files })],
      touches: [file.of(list)],
    });
    return value;
  },
});
