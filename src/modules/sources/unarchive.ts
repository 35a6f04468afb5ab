import { createHash } from "node:crypto";
import { posix } from "node:path";
import { fileFacts } from "../../facts/file-effects.ts";
import { type FileState, file, fileHash } from "../../facts/files.ts";
import { pathsBelow, type Unpacked, type UnpackedEntry, unpacked } from "../../facts/unpacked.ts";
import {
  type Chosen,
  change,
  cleanPath,
  defineModule,
  fail,
  type Module,
  mistakeInMode,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  type RequiredInput,
  refusing,
  type TextDiff,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { requireAccounts } from "../files/accounts.ts";
import { ownerParams } from "../files/attributes.ts";
import { makeDirectory } from "../files/directory.ts";
import { findLocal, statLocal } from "../files/local-source.ts";
import { removePath } from "../files/remove.ts";
import { mistakeInAddress } from "./address.ts";
import { type Archive, archiveFrom } from "./archive.ts";
import { mistakeInChecksum } from "./checksum.ts";
import { unpackScript } from "./unpack.ts";

/** What `unarchive` gives. */
export interface UnarchiveValue {
  /** The directory on the host. */
  readonly path: string;
}

const pattern = Type.String({ pattern: "^[^\\n\\0]+$" });

const params = {
  /** The archive, a local file, relative to the file that calls this, else to the working directory. */
  src: Type.Optional(Type.String({ minLength: 1 })),
  /** The archive, a file on the host. */
  remoteSrc: Type.Optional(Param.path()),
  /** The archive's address: the host fetches it. It needs a checksum. */
  url: Type.Optional(refusing(Type.Unsafe<string>({ type: "string" }), mistakeInAddress)),
  /** What the archive at `url` must be: `sha256:` with its digest, or the address of a SHA256SUMS file that has it. */
  checksum: Type.Optional(refusing(Type.Unsafe<string>({ type: "string" }), mistakeInChecksum)),
  /** The directory on the host into which it goes. It is made where it is not there. */
  dest: Param.path(),
  /** Where something stands at this path on the host, nothing is done. */
  creates: Type.Optional(Param.path()),
  /** How many directories at the beginning of each path are left out. Default: 0. */
  strip: withDefault(Type.Integer({ minimum: 0, maximum: 50 }), 0),
  /** What is taken, by its paths in the archive, with `*` for anything: all of it, if left out. */
  include: Type.Optional(Type.Array(pattern, { minItems: 1 })),
  /** What is left out, by its paths in the archive, with `*` for anything. */
  exclude: Type.Optional(Type.Array(pattern)),
  /** true: what else is in the directory is removed. Default: false. */
  exact: Param.flag(),
  ...ownerParams,
  /**
   * The mode of what comes, such as "u=rwX,go=rX"; octal, it is the directories', and that of files that somebody may
   * execute: the others get it without x. Left out: as in the archive.
   */
  mode: Type.Optional(refusing(Type.Unsafe<string>({ type: "string" }), mistakeInMode)),
};

type Common = Omit<typeof params, "src" | "remoteSrc" | "url">;
interface FromHere
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Chosen<typeof params, "src", "remoteSrc" | "url"> {}
interface FromHost
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Chosen<typeof params, "remoteSrc", "src" | "url"> {}
interface FromServer
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Chosen<typeof params, "url", "src" | "remoteSrc"> {}

/** What `unarchive` takes. */
export type UnarchiveParams = FromHere | FromHost | FromServer;

/**
 * Unpacks an archive (tar, plain or packed by gzip, bzip2, xz or zstd; or zip) into a directory of the host.
 *
 * The host remembers what came from which archive: owner, group, mode and content of each file, and where links lead. Each
 * run compares the directory with that. So a file that somebody alters or removes by hand comes back, and an unchanged
 * directory is left alone. What is remembered goes by the archive's name, without its directory; two archives of one
 * directory need different names.
 *
 * What comes belongs to the task's user, unless `owner` or `group` is given; set-id bits are taken away. Directories that
 * are there keep their owner and mode. An archive with a path or a link that leads out of it, with a device, or with a
 * second name of a file elsewhere is refused before anything is changed, and so is one with a name that is not in UTF-8.
 * Links on the host are not followed. GNU tar is needed on the host, or unzip, and the program that unpacks.
 *
 * What is remembered of one archive may take 1 MiB: some 5,000 files. A larger archive is refused before anything is
 * changed, but a check does not tell it: only the host looks into an archive, once it has it.
 *
 * @throws ShowrunnerError `change.failed` if the archive is refused, or something on the host is in the way
 *
 * @example
 * await unarchive({ src: "files/app-1.2.tar.gz", dest: "/srv/app", strip: 1, owner: "app" });
 * await unarchive({ url: "https://example.org/app.zip", checksum: `sha256:${digest}`, dest: "/srv/app" });
 */
export const unarchive: Module<UnarchiveParams, UnarchiveValue> = defineModule({
  name: "unarchive",
  summary: "Unpacks an archive into a directory of the host.",
  params,
  oneOf: ["src", "remoteSrc", "url"],
  needs: { checksum: "url", url: "checksum" },
  examples: [
    `unarchive({ src: "files/app-1.2.tar.gz", dest: "/srv/app", strip: 1, owner: "app" })`,
    `unarchive({ url: "https://example.org/app.zip", checksum: "https://example.org/SHA256SUMS", dest: "/srv/app" })`,
    `unarchive({ remoteSrc: "/opt/app.tar.xz", dest: "/srv/app", exact: true, exclude: ["*/test"] })`,
  ],
  title: ({ dest }) => dest,
  readsLocalFiles: true,
  complete: (p, caller) => (p.src === undefined ? p : { ...p, src: findLocal(p.src, caller) }),
  async *plan(host, p): Plan<UnarchiveValue> {
    const path = cleanPath(p.dest);
    const value: UnarchiveValue = { path };
    if (p.src !== undefined && !statLocal(p.src).isFile()) fail(`src: ${p.src} is no file`);
    const name = posix.basename(p.src ?? p.remoteSrc ?? new URL(p.url ?? "").pathname);
    const key = { path, archive: name };
    const [state, record, made, archive] = await Promise.all([
      host.fact(file, path),
      host.fact(unpacked, key),
      p.creates === undefined ? undefined : host.fact(file, cleanPath(p.creates)),
      archiveFrom(host, p),
    ]);
    if (made && made.type !== "absent") return value;
    if (state.type === "file" || state.type === "other") fail(`${path} is no directory on the host`);

    const mark = markFor(archive, p);
    const known = record?.mark === mark ? record.entries : undefined;
    const differences = known && (await differencesOf(host, path, known));
    if (differences === undefined || differences.length > 0) {
      // asked before anything is changed: then the answer is still sure
      const [unpacks] = await Promise.all([
        unpackScript(host, { ...p, path, key, mark, archive, exact: p.exact && known === undefined }),
        requireAccounts(host, p),
      ]);
      if (state.type === "absent") yield* makeDirectory(host, path, { owner: p.owner, group: p.group });
      yield change({
        what: known ? "restored" : "unpacked",
        before: shownBefore(record, differences),
        after: `${name}, sha256 ${archive.hash.slice(0, 12)}${p.exact ? ", and nothing else" : ""}`,
        diff: differences && diffOf(path, differences),
        ...unpacks,
        sets: known ? [unpacked.is(key, { mark, entries: known })] : [],
        touches: [...fileFacts(path), ...(known ? [] : [unpacked.of(key)])],
      });
    }
    // what has just been unpacked has removed the rest itself
    if (p.exact && known) yield* removeOthers(host, path, known);
    return value;
  },
});

/** The same for the same archive, unpacked in the same way. */
function markFor(
  { hash }: Archive,
  {
    strip,
    include,
    exclude,
    owner,
    group,
    mode,
  }: {
    readonly strip: number;
    readonly include?: readonly string[] | undefined;
    readonly exclude?: readonly string[] | undefined;
    readonly owner?: string | undefined;
    readonly group?: string | undefined;
    readonly mode?: string | undefined;
  },
): string {
  const how = JSON.stringify([hash, strip, include, exclude, owner, group, mode]);
  return createHash("sha256").update(how).digest("hex");
}

/** What of an archive is not as it came. */
interface Difference {
  readonly entry: UnpackedEntry;
  readonly state: FileState;
  readonly hash: string | undefined;
}

async function differencesOf(
  host: PlanHost,
  root: string,
  entries: readonly UnpackedEntry[],
): Promise<Difference[]> {
  const found = await Promise.all(
    entries.map(async (entry): Promise<Difference> => {
      const path = `${root}/${entry.path}`;
      const hashed = entry.type === "file" ? host.fact(fileHash, path) : undefined;
      const [state, hash] = await Promise.all([host.fact(file, path), hashed]);
      return { entry, state, hash };
    }),
  );
  return found.filter((one) => !isAsItCame(one));
}

function isAsItCame({ entry, state, hash }: Difference): boolean {
  if (entry.type === "directory") return state.type === "directory";
  if (state.type !== entry.type) return false;
  if (state.type === "link") return state.target === entry.target;
  const isSame = state.owner === entry.owner && state.group === entry.group;
  return isSame && "mode" in state && state.mode === entry.mode && hash === entry.hash;
}

function shownBefore(record: Unpacked | undefined, differences: readonly Difference[] | undefined): string {
  if (differences) return `${differences.length} of ${record?.entries.length ?? 0} entries differ`;
  return record ? "another archive of this name" : "not unpacked";
}

/** A line for each path that differs. */
function diffOf(path: string, differences: readonly Difference[]): TextDiff {
  const some = differences.slice(0, 500);
  return {
    path,
    before: some.map(({ entry, state, hash }) => lineOf(entry.path, state, hash)).join(""),
    after: some.map(({ entry }) => lineOf(entry.path, entry, entry.hash)).join(""),
  };
}

function lineOf(path: string, state: FileState | UnpackedEntry, hash: string | undefined): string {
  if (state.type === "absent") return "";
  if (state.type === "link") return `${path} -> ${state.target}\n`;
  if (state.type !== "file") return `${path} ${state.type}\n`;
  return `${path} ${state.mode} ${state.owner}:${state.group} ${hash?.slice(0, 12) ?? ""}\n`;
}

/** What came from nowhere near the archive. A directory goes with all that is in it. */
async function* removeOthers(host: PlanHost, root: string, entries: readonly UnpackedEntry[]): Plan<void> {
  const wanted = new Set<string>();
  for (const { path } of entries)
    for (let at = path; at !== "."; at = posix.dirname(at)) wanted.add(`${root}/${at}`);
  const others = (await host.fact(pathsBelow, root)).filter((path) => !wanted.has(path)).sort();
  const gone = new Set<string>();
  for (const path of others) {
    const isIn = gone.has(posix.dirname(path));
    gone.add(path);
    if (!isIn) yield* removePath(host, path);
  }
}
