/**
 * A version of a git repository, fetched by the control machine: hosts need neither git, nor a way to the repository, nor a
 * key of it. git runs as whoever runs the playbook, and logs in as it does for that person.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { fail, oncePerRun, ShowrunnerError } from "showrunner";
import { refuseSecrets } from "./address.ts";

/** How long git may take for an answer, and for a repository. Milliseconds. */
const patience = { ask: 60_000, fetch: 600_000 };

/** How long an archive stays in the cache after it was last used. Milliseconds. */
const keptFor = 30 * 24 * 3_600_000;

const commitForm = /^[0-9a-f]{40}$/;

/** @throws ShowrunnerError `task.failed` for what names no repository or no version */
export function refuseRepository(url: string, version: string | undefined): void {
  refuseSecrets(
    url,
    "leave it out, and let git log in as it does by hand: by ssh-agent, or by a credential helper",
  );
  if (/^[\s-]|\s/.test(url) || /^\w+::/.test(url))
    fail(`source: expected a repository by https, ssh, git or a path, got ${JSON.stringify(url)}`);
  // git-check-ref-format(1)
  if (version !== undefined && (!/^[^-/\s~^:?*[\\][^\s~^:?*[\\]*$/.test(version) || version.includes("..")))
    fail(`source: expected a branch, a tag or a whole commit as version, got ${JSON.stringify(version)}`);
}

/** The commit that a version is: asked once a run, so that all hosts get the same. */
export const commitOf: (url: string, version: string) => Promise<string> = oncePerRun(
  async (url: string, version: string) => {
    if (commitForm.test(version)) return version;
    const names =
      version === "HEAD" || version.startsWith("refs/")
        ? [version]
        : [`refs/heads/${version}`, `refs/tags/${version}`];
    const asked = names.flatMap((name) => (name.startsWith("refs/tags/") ? [name, `${name}^{}`] : [name]));
    const answer = await git(url, ["ls-remote", "--", url, ...asked], patience.ask);
    const commits = new Map(
      answer.split("\n").flatMap((line): [string, string][] => {
        const [commit = "", name = ""] = line.split("\t");
        return commitForm.test(commit) ? [[name, commit]] : [];
      }),
    );
    const [ref, other] = names.filter((name) => commits.has(name));
    if (other !== undefined)
      fail(`source: ${url} has both ${ref} and ${other}`, "give the one that is meant by its whole name");
    // of a tag with a message, the commit that it names
    const commit = ref === undefined ? undefined : (commits.get(`${ref}^{}`) ?? commits.get(ref));
    return (
      commit ??
      fail(
        version === "HEAD" ? `source: ${url} is empty` : `source: ${url} has no branch or tag ${version}`,
        "a commit is given by all of its 40 digits",
      )
    );
  },
);

/**
 * An archive of a commit's files, in the user's cache.
 *
 * @param version under which the commit was found
 * @returns its path
 */
export const gitArchive: (url: string, version: string, commit: string) => Promise<string> = oncePerRun(
  async (url: string, version: string, commit: string) => {
    const folder = cacheFolder(url);
    const archive = join(folder, `${commit}.tar`);
    const now = new Date();
    if ((await ifThere(utimes(archive, now, now).then(() => "used"))) !== undefined) return archive;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeOld(folder);
    const work = await mkdtemp(join(folder, "fetch-"));
    try {
      const repository = [`--git-dir=${work}`];
      await git(url, ["init", "--quiet", "--bare", work], patience.ask);
      await fetch(url, version, commit, repository);
      await refuseSubmodules(url, commit, repository);
      const made = join(work, "archive.tar");
      const archiving = ["-c", "tar.umask=0022", "archive", "--format=tar", "-o", made, commit];
      await git(url, [...repository, ...archiving], patience.fetch);
      // whoever else makes it at this moment makes the same
      await rename(made, archive);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return archive;
  },
);

/** What git says where a server is there, and gives no commit by its number. */
const givesNoCommit = /not our ref|unadvertised object|(find|such) remote ref|does not support shallow/;

/** The commit alone, where the server gives it; else all branches and tags. */
async function fetch(url: string, version: string, commit: string, repository: readonly string[]) {
  const run = (...args: string[]) => git(url, [...repository, ...args], patience.fetch);
  try {
    await run("fetch", "--quiet", "--no-tags", "--depth=1", "--", url, commit);
  } catch (error) {
    if (!(error instanceof ShowrunnerError && givesNoCommit.test(error.message))) throw error;
    await run("fetch", "--quiet", "--", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*");
  }
  try {
    await run("cat-file", "-e", `${commit}^{commit}`);
  } catch {
    fail(
      `source: ${url} has no commit ${commit}${version === commit ? "" : ` any more under ${version}`}`,
      version === commit ? undefined : "it was changed meanwhile: run again",
    );
  }
}

async function refuseSubmodules(url: string, commit: string, repository: readonly string[]): Promise<void> {
  const listed = await git(url, [...repository, "ls-tree", "-r", commit], patience.ask);
  const submodule = listed.split("\n").find((line) => line.startsWith("160000 "));
  if (submodule !== undefined)
    fail(
      `source: ${url} has the submodule ${submodule.split("\t")[1]}, and submodules are not fetched`,
      "give an archive that has the submodules' files: source: { archive: … }",
    );
}

/** Whoever sets GIT_DIR, such as a hook of git, means another repository. */
const othersWords = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"];

/** ssh without a question, where the user has not said which ssh it is to be: git's own order is that. */
const ssh: () => Promise<string | undefined> = oncePerRun(async () => {
  const { GIT_SSH_COMMAND, GIT_SSH } = process.env;
  if (GIT_SSH_COMMAND !== undefined) return GIT_SSH_COMMAND;
  // a fetch is in a repository of its own, and would not see what the one around this directory has
  const configured = await promisify(execFile)("git", ["config", "--get", "core.sshCommand"]).then(
    ({ stdout }) => stdout.trim(),
    () => "",
  );
  return configured || (GIT_SSH === undefined ? "ssh -o BatchMode=yes" : undefined);
});

/** Runs git without hooks, and without a question. */
async function git(url: string, args: readonly string[], timeout: number): Promise<string> {
  const safe = ["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"];
  const inherited = Object.entries(process.env).filter(([name]) => !othersWords.includes(name));
  const command = await ssh();
  const env = {
    ...Object.fromEntries(inherited),
    ...(command !== undefined && { GIT_SSH_COMMAND: command }),
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
  return new Promise((resolve, reject) => {
    const child = execFile(
      "git",
      [...safe, ...args],
      { env, timeout, maxBuffer: 64 * 1024 * 1024, encoding: "utf8" },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        try {
          whyNot(url, error, stderr, timeout);
        } catch (reason) {
          reject(reason);
        }
      },
    );
    child.stdin?.end();
  });
}

function whyNot(
  url: string,
  error: { readonly code?: unknown; readonly killed?: boolean | undefined },
  stderr: string,
  timeout: number,
): never {
  if (error.code === "ENOENT")
    fail("source: git is not installed on this machine", "install git where you run the playbook");
  if (error.killed === true) fail(`source: ${url} can't be read: git took longer than ${timeout / 1000} s`);
  const said = stderr.trim().split("\n").slice(-3).join(" ").slice(0, 1000);
  return fail(
    `source: ${url} can't be read: ${said || "git gave no reason"}`,
    "see that `git ls-remote` works here for that repository, without a question",
  );
}

function cacheFolder(url: string): string {
  const { XDG_CACHE_HOME: given = "" } = process.env;
  const cache = isAbsolute(given) ? given : join(homedir(), ".cache");
  const name = createHash("sha256").update(url).digest("hex").slice(0, 16);
  return join(cache, "showrunner", "sources", name);
}

/** What has not been used for long, and what runs that were killed have left. */
async function removeOld(folder: string): Promise<void> {
  const oldest = Date.now() - keptFor;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await ifThere(stat(path));
    if (found !== undefined && found.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}

/** Another run may take a file away at any moment. */
async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
