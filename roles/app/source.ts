/** Where the files of a release come from, and how they get into its directory on a host. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { copy, fail, fileProblem, localDigest, type Static, type Task, Type, unarchive } from "showrunner";
import { refuseSecrets } from "./address.ts";
import { commitOf, gitArchive, refuseRepository } from "./git-source.ts";

const Archive = Type.Object(
  {
    /** A local file, relative to the working directory, or an address from which each host fetches it. */
    archive: Type.String({ minLength: 1 }),
    /** What the archive must be: `sha256:` with its digest. An address needs it. */
    checksum: Type.Optional(Type.String()),
    /** How many directories at the beginning of each path are left out. Default: 0. */
    strip: Type.Optional(Type.Integer({ minimum: 0, maximum: 50 })),
  },
  { additionalProperties: false },
);

const Git = Type.Object(
  {
    /** The repository, as the control machine reaches it: `https://…`, `ssh://…`, `user@host:path`, or a local path. */
    git: Type.String({ minLength: 1 }),
    /** A branch, a tag, or a whole commit. Default: the repository's own choice. */
    version: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

/** A local folder, an archive, or a version of a git repository. */
export const Source = Type.Union([Type.String(), Archive, Git], {
  expected:
    "a local folder, { archive: …, checksum: …, strip: … } with the last two if need be, or { git: …, version: … }",
});
export type Source = Static<typeof Source>;

const isAddress = (archive: string) => /^https?:\/\//i.test(archive);

/** @throws ShowrunnerError `task.failed` for a source that can't be one, whatever is there */
export function refuseSource(source: Source): void {
  if (typeof source === "string") return;
  if ("git" in source) refuseRepository(source.git, source.version);
  else refuseArchive(source);
}

function refuseArchive({ archive, checksum }: Static<typeof Archive>): void {
  if (isAddress(archive))
    refuseSecrets(archive, "fetch the archive to this machine, by your own means, and give its path");
  if (checksum !== undefined && !/^sha256:[0-9a-f]{64}$/.test(checksum))
    fail(`source.checksum: expected "sha256:" with 64 hexadecimal digits, got ${JSON.stringify(checksum)}`);
  if (isAddress(archive) && checksum === undefined)
    fail(
      `source: ${archive} has no checksum, and the hosts would not know what they fetch`,
      'give it: checksum: "sha256:…", with the digits that sha256sum prints for the archive',
    );
}

/**
 * Tells what a source holds, in a short text: the same for the same files, on every host. What a branch is, is asked once
 * a run.
 *
 * @throws ShowrunnerError `task.failed`, `file.missing` where the source is not there, or is another one than it must be
 */
export async function sourceDigest(source: Source): Promise<string> {
  if (typeof source === "string") return localDigest(source);
  if ("git" in source) return (await commitOf(source.git, source.version ?? "HEAD")).slice(0, 12);
  return (await archiveHash(source)).slice(0, 12);
}

async function archiveHash({ archive, checksum }: Static<typeof Archive>): Promise<string> {
  const wanted = checksum?.slice("sha256:".length);
  if (isAddress(archive)) return wanted ?? "";
  const path = resolve(archive);
  const found = await localHash(path);
  if (wanted !== undefined && found !== wanted)
    fail(
      `source: the archive ${path} is another one than \`checksum\` says: expected sha256 ${wanted}, got ${found}`,
      "take the archive that is meant, or correct `checksum`",
    );
  return found;
}

/** Digests by path, with the size and time that they hold for: all hosts get the same archive. */
const hashes = new Map<string, { readonly version: string; readonly hash: Promise<string> }>();

async function localHash(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    const version = `${size} ${mtimeMs}`;
    const known = hashes.get(path);
    if (known?.version === version) return await known.hash;
    const hash = hashOf(path);
    hashes.set(path, { version, hash });
    return await hash;
  } catch (error) {
    return fail(`source: the archive ${path} can't be read: ${fileProblem(error)}`);
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/**
 * Writes the source's files into a directory on the host.
 *
 * @param directory the release's, which has its name
 * @param owner to whom they belong; undefined: to root
 * @param notify what follows where something was not there yet
 */
export async function writeFiles(
  source: Source,
  directory: string,
  owner: string | undefined,
  notify: Task<unknown>,
): Promise<void> {
  const owned = owner === undefined ? {} : { owner, group: owner };
  if (typeof source === "string") {
    await copy({ src: `${source}/`, dest: `${directory}/`, mode: "0644", ...owned }, { notify });
    return;
  }
  const unpacked = { dest: directory, mode: "u=rwX,go=rX", ...owned };
  if ("git" in source) {
    const { git, version = "HEAD" } = source;
    const archive = await gitArchive(git, version, await commitOf(git, version));
    await unarchive({ ...unpacked, src: archive }, { notify });
    return;
  }
  const { archive, checksum = "", strip = 0 } = source;
  if (isAddress(archive)) {
    await unarchive({ ...unpacked, url: archive, checksum, strip }, { notify });
    return;
  }
  if (!basename(directory).startsWith(await sourceDigest(source)))
    fail(
      `source: the archive ${resolve(archive)} is another one than when this release got its name`,
      "it was changed meanwhile: run again",
    );
  await unarchive({ ...unpacked, src: resolve(archive), strip }, { notify });
}
