import { fileRemoved, fileWritten } from "../../facts/file-effects.ts";
import { diffLimit } from "../../facts/files.ts";
import {
  type Owned,
  ownedFiles as ownedFact,
  ownedFilesDraft,
  ownedFilesFolder,
  ownedFilesLimits,
  ownedFilesList,
  ownedFilesSize,
} from "../../facts/owned-files.ts";
import {
  change,
  cleanPath,
  defineModule,
  effects,
  fail,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type RequiredInput,
  sh,
  type TextDiff,
  Type,
} from "../../kit/index.ts";
import { findLocal, statLocal, walkLocal } from "./local-source.ts";
import { removeUnwanted } from "./unwanted.ts";

/** What `ownedFiles` gives. */
export interface OwnedFilesValue {
  /** What the owner noted before. */
  readonly noted: readonly string[];
  /** What of it the owner does not name now, and nobody else has noted. With `prune` it is removed. */
  readonly unwanted: readonly string[];
  /** Of these, what was there and was removed. */
  readonly removed: readonly string[];
}

const Tree = Type.Object(
  {
    /** The local directory. */
    src: Type.String({ minLength: 1 }),
    /** Where on the host what is in it goes. */
    dest: Param.path(),
  },
  { additionalProperties: false },
);

const params = {
  /** Who writes them, the same at every run: in a role, its `owner`. */
  owner: Type.String({ pattern: "^[^\\n\\r]+$" }),
  /** The files' paths; one that ends in a slash is a directory. */
  files: Type.Optional(Type.Array(Type.String({ pattern: "^/[^\\n\\r]*$" }))),
  /** Local directories: all that copying them writes on the host. */
  trees: Type.Optional(Type.Array(Tree)),
  /** true: these are all of them; the owner's others are removed. Default: false. */
  prune: Param.flag(),
};

/** What `ownedFiles` takes. */
export interface OwnedFilesParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Remembers on the host which files somebody writes, and removes those that are wanted no more.
 *
 * Note files before they are written. With `prune`, what the owner noted before and does not name now is removed: give
 * it all files then. A file that another owner has noted, too, stays. A path that ends in a slash is a directory: it is
 * removed once it holds nothing. So what somebody else has put there is never removed. A role gets its owner's name, and
 * with `finish` a place for the pruning: see docs/roles.md.
 *
 * @example
 * await ownedFiles({ owner, files: ["/etc/nginx/conf.d/shop.conf"] });
 * await ownedFiles({ owner, files: all, prune: true }, { notify: reload });
 * await ownedFiles({ owner: "shop", trees: [{ src: "shop", dest: "/srv/shop" }], prune: true });
 */
export const ownedFiles: Module<OwnedFilesParams, OwnedFilesValue> = defineModule({
  name: "ownedFiles",
  summary: "Remembers which files an owner writes, and removes those that are no longer wanted.",
  params,
  examples: [
    `ownedFiles({ owner, files: ["/etc/nginx/conf.d/shop.conf"] })`,
    `ownedFiles({ owner, files: sites.map(fileOf), prune: true }, { notify: reload })`,
    `ownedFiles({ owner: "shop", trees: [{ src: "shop", dest: "/srv/shop" }], prune: true })`,
  ],
  title: ({ owner }) => owner,
  check(p) {
    if (p.files === undefined && p.trees === undefined) fail("expected files or trees, got neither");
  },
  readsLocalFiles: true,
  complete: (p, caller) => ({
    ...p,
    ...(p.trees && { trees: p.trees.map(({ src, dest }) => ({ src: findLocal(src, caller), dest })) }),
  }),
  async *plan(host, p) {
    const named = [...(p.files ?? []), ...(p.trees ?? []).flatMap(writtenBy)];
    const all = await host.fact(ownedFact, "");
    const noted = Object.hasOwn(all, p.owner) ? (all[p.owner] ?? []) : [];
    const after = [...new Set(p.prune ? named : [...noted, ...named])].sort();
    const { [p.owner]: _, ...rest } = all;
    checkSize(p.owner, noted, after, rest);
    const wanted = new Set(named);
    const others = new Set(Object.values(rest).flat());
    const unwanted = noted.filter((path) => !wanted.has(path) && !others.has(path));
    const removed = p.prune ? yield* removeUnwanted(host, unwanted) : [];
    const value: OwnedFilesValue = { noted, unwanted, removed };

    const before = [...noted].sort();
    if (after.join("\n") === before.join("\n")) return value;
    const list = ownedFilesList(p.owner);
    const draft = ownedFilesDraft(p.owner);
    yield change({
      what: "noted",
      diff: diffOf(list, asText(before), asText(after)),
      script:
        after.length === 0
          ? sh`rm -f -- ${list}`
          : lines(
              // a list is whole or as it was
              sh`umask 077; mkdir -p -- ${ownedFilesFolder} || exit`,
              sh`printf '%s\\n' ${[p.owner, ...after]} >${draft} && mv -f -- ${draft} ${list}`,
            ),
      ...effects(after.length === 0 ? fileRemoved(list) : fileWritten(list), {
        sets: [ownedFact.is("", after.length === 0 ? rest : { ...rest, [p.owner]: after })],
      }),
    });
    return value;
  },
});

/** The paths of what copying a local directory writes. */
function writtenBy({ src, dest }: { readonly src: string; readonly dest: string }): string[] {
  if (!statLocal(src).isDirectory()) fail(`trees: ${src} is not a directory`, "name a file in `files`");
  const root = cleanPath(dest);
  return walkLocal(src).map(({ name, kind, path }) => {
    if (/[\n\r]/.test(name)) fail(`trees: ${JSON.stringify(path)} has a line break in its name`);
    return `${root}/${name}${kind === "directory" ? "/" : ""}`;
  });
}

/** A list that is not longer than before is never refused: what is too large already can be made smaller. */
function checkSize(owner: string, before: readonly string[], after: readonly string[], rest: Owned): void {
  const size = ownedFilesSize(owner, after);
  if (after.length === 0 || size <= ownedFilesSize(owner, before)) return;
  const others = Object.entries(rest).reduce((sum, [name, paths]) => sum + ownedFilesSize(name, paths), 0);
  const { list, all } = ownedFilesLimits;
  const remedy = "Deploy fewer files, or one archive instead of them.";
  if (size > list)
    fail(
      `the list of ${owner} would have ${after.length} paths in ${inMebibytes(size)}, expected at most ${inMebibytes(list)}`,
      remedy,
    );
  if (size + others > all)
    fail(
      `the list of ${owner} would take ${inMebibytes(size)}, with ${inMebibytes(others)} of other owners' lists: expected at most ${inMebibytes(all)} together`,
      remedy,
    );
}

function inMebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** A long list is not shown. */
function diffOf(path: string, before: string, after: string): TextDiff | undefined {
  return Math.max(before.length, after.length) > diffLimit ? undefined : { path, before, after };
}

function asText(paths: readonly string[]): string {
  return paths.map((path) => `${path}\n`).join("");
}
