import { fileFacts } from "../../facts/file-effects.ts";
import { emptyDirectory } from "../../facts/file-tree.ts";
import { file } from "../../facts/files.ts";
import { type Checkout, gitCheckout, gitRemote, refsOf, unfinishedMark } from "../../facts/git.ts";
import { type GitLogin, runGit } from "../../facts/git-as.ts";
import { self } from "../../facts/self.ts";
import {
  change,
  cleanPath,
  defineModule,
  fail,
  lines,
  type Mistake,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  type RequiredInput,
  rawScript,
  refusing,
  requireOwnWay,
  reveal,
  type Script,
  SecretString,
  sh,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { requireAccounts } from "../files/accounts.ts";
import { makeDirectory } from "../files/directory.ts";

/** What `git` gives. */
export interface GitValue {
  /** The commit that was there before; empty where there was none. */
  readonly before: string;
  /** The commit that is there now. */
  readonly after: string;
}

const params = {
  /** The repository: `https://…`, `ssh://…`, `user@host:path`, or a path on the host. */
  repo: refusing(Type.Unsafe<string>({ type: "string" }), mistakeInRepository),
  /** The directory of the checkout. It is made where it is not there. */
  dest: Param.path(),
  /** A branch, a tag, or a whole commit; `HEAD` is the repository's own choice. Default: "HEAD". */
  version: withDefault(refusing(Type.Unsafe<string>({ type: "string" }), mistakeInVersion), "HEAD"),
  /** How many commits of the history are fetched. Left out: all. */
  depth: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Whether submodules are checked out, too. Default: true. */
  submodules: Param.flag(true),
  /** A private key that may read the repository, as its file has it. No file of the host holds it. */
  deployKey: Type.Optional(SecretString()),
  /** The repository's host keys, as in a known_hosts file. Left out: those that the user knows on the host. */
  knownHosts: Type.Optional(Type.String({ minLength: 1 })),
  /** To whom the checkout belongs: git runs as that user. Left out: as the task's user. */
  owner: Type.Optional(Param.account()),
  /** true: what was altered in the checkout's files is given up. Default: false. */
  force: Param.flag(),
};

/** What `git` takes. */
export interface GitParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Checks out a version of a git repository.
 *
 * The checkout has the commit itself (a detached HEAD): branches that somebody has made there stay as they are. The
 * repository is asked at each run what the version is, in a check, too; a commit that is there already needs no question.
 * Files that were altered in the checkout fail the task, with their names, unless `force` is set. Files that git does not
 * know stay.
 *
 * git must be installed. It runs as the checkout's owner, without hooks. Host keys are always verified.
 *
 * @throws ShowrunnerError `task.failed` if the repository can't be read or has no such version, if files were altered, or
 *   if something else is in the directory
 *
 * @example
 * await git({ repo: "https://example.org/app.git", dest: "/srv/app", version: "v1.2", owner: "deploy" });
 */
export const git: Module<GitParams, GitValue> = defineModule({
  name: "git",
  summary: "Checks out a version of a git repository.",
  params,
  examples: [
    `git({ repo: "https://example.org/app.git", dest: "/srv/app", version: "v1.2", owner: "deploy" })`,
    `git({ repo: "git@example.org:app.git", dest: "/srv/app", version: "main", depth: 1, deployKey, knownHosts })`,
  ],
  title: ({ dest }) => dest,
  async *plan(host, p): Plan<GitValue> {
    const path = cleanPath(p.dest);
    const [state, program, isEmpty] = await Promise.all([
      host.fact(file, path),
      host.fact(file, "/usr/bin/git"),
      host.fact(emptyDirectory, path),
      requireAccounts(host, p),
    ]);
    host.require(
      program.type !== "absent",
      "git is not installed on the host",
      'install it before: await apt({ name: "git" })',
    );
    if (state.type === "file" || state.type === "other") fail(`${path} is no directory on the host`);
    await requireOwner(host, path, p.owner);

    const key = { path, user: p.owner, submodules: p.submodules };
    const now = state.type === "absent" || isEmpty ? undefined : await host.fact(gitCheckout, key);
    if (!isEmpty && now === undefined)
      fail(
        `${path} is not empty on the host, and no checkout of git`,
        "remove what is there, or take another directory",
      );
    const login = {
      user: p.owner,
      key: p.deployKey === undefined ? undefined : reveal(p.deployKey),
      knownHosts: p.knownHosts,
    };
    const wanted = await wantedCommit(host, p, login, now);
    const value: GitValue = { before: now?.commit ?? "", after: wanted.commit };
    refuseModified(path, now, p.force);
    if (now && isAsWanted(now, p, wanted.commit)) return value;

    if (state.type === "absent") yield* makeDirectory(host, path, { owner: p.owner });
    const then: Checkout = {
      commit: wanted.commit,
      url: p.repo,
      modified: [],
      submodules: [],
      isUnfinished: false,
    };
    yield change({
      what: "checkout",
      before: now ? shown(now, p) : "absent",
      after: `${wanted.commit.slice(0, 12)} (${p.version}) of ${p.repo}`,
      script: checkoutScript(path, p, login, wanted, now?.isUnfinished === true),
      sets: [gitCheckout.is(key, then)],
      touches: fileFacts(path),
    });
    return value;
  },
});

type Params = Parameters<typeof isAsWanted>[1] & {
  readonly depth?: number | undefined;
  readonly submodules: boolean;
  readonly force: boolean;
  readonly version: string;
  readonly owner?: string | undefined;
};

function isAsWanted(now: Checkout, { repo }: { readonly repo: string }, commit: string): boolean {
  return (
    now.commit === commit &&
    now.url === repo &&
    now.modified.length === 0 &&
    now.submodules.length === 0 &&
    !now.isUnfinished
  );
}

/** Where somebody else owns the directory, what that user has put into it would run as ours. */
async function requireOwner(host: PlanHost, path: string, owner: string | undefined): Promise<void> {
  if (owner !== undefined) return;
  const [state, { user }] = await Promise.all([host.fact(file, path), host.fact(self, "")]);
  if (state.type === "absent" || state.owner === user) return;
  fail(
    `${path} belongs to ${state.owner}, and git would run as ${user}`,
    `give the owner: owner: ${JSON.stringify(state.owner)}`,
  );
}

function refuseModified(path: string, now: Checkout | undefined, force: boolean): void {
  // what a run left unfinished is its own
  if (!now || force || now.isUnfinished || now.modified.length === 0) return;
  const some = now.modified.slice(0, 10);
  const more = now.modified.length - some.length;
  fail(
    `${path} has files that were altered: ${some.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    "force: true gives up what was altered",
  );
}

function shown(now: Checkout, { repo }: Params): string {
  return [
    now.commit === "" ? "nothing" : now.commit.slice(0, 12),
    ...(now.url === repo ? [] : [`of ${now.url || "no repository"}`]),
    ...(now.modified.length === 0 ? [] : [`${now.modified.length} altered files`]),
    ...(now.submodules.length > 0 ? [`submodules ${now.submodules.join(", ")}`] : []),
  ].join(", ");
}

/** The commit that a version is, and what to fetch to get it. */
interface Wanted {
  readonly commit: string;
  readonly ref: string;
}

async function wantedCommit(
  host: PlanHost,
  { repo, version }: { readonly repo: string; readonly version: string },
  login: GitLogin,
  now: Checkout | undefined,
): Promise<Wanted> {
  const isCommit = commitForm.test(version);
  if (isCommit && now?.commit === version) return { commit: version, ref: version };
  const answer = await host.fact(gitRemote, { ...login, url: repo, version: isCommit ? "HEAD" : version });
  if ("problem" in answer) return fail(`${repo} can't be read: ${answer.problem}`, hintFor(answer.problem));
  if (isCommit) return { commit: version, ref: version };
  const { refs } = answer;
  const found = refsOf(version).filter((name) => !name.endsWith("^{}") && refs[name] !== undefined);
  const [ref, other] = found;
  if (other !== undefined)
    fail(`${repo} has both ${ref} and ${other}`, "give the one that is meant by its whole name as version");
  const commit = ref === undefined ? undefined : (refs[`${ref}^{}`] ?? refs[ref]);
  if (ref === undefined || commit === undefined)
    return fail(
      version === "HEAD" ? `${repo} is empty` : `${repo} has no branch or tag ${version}`,
      "a commit is given by all of its 40 digits",
    );
  return { commit, ref };
}

function hintFor(problem: string): string | undefined {
  if (/host key verification failed|no .* host key is known/i.test(problem))
    return "give the server's host keys: knownHosts";
  if (/permission denied|publickey/i.test(problem)) return "give a key that may read it: deployKey";
  return undefined;
}

const commitForm = /^[0-9a-f]{40}$/;

/** It may be killed anywhere: what it has begun is marked, and taken up again. */
function checkoutScript(
  path: string,
  { repo, depth, submodules, force, owner }: Params & { readonly repo: string },
  login: GitLogin,
  { commit, ref }: Wanted,
  isUnfinished: boolean,
): Script {
  const shallow = depth === undefined ? [] : [`--depth=${depth}`];
  const discard = force || isUnfinished ? ["--force"] : [];
  const work = sh`set -e
cd -- ${path}
[ -e .git ] || git init -q .
mark=.git/${unfinishedMark}
[ ! -e "$mark" ] || rm -f .git/index.lock .git/shallow.lock .git/HEAD.lock .git/config.lock
: >"$mark"
git config remote.origin.url ${repo}
git config remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'
git fetch -q --force ${shallow} origin ${ref} ||
  { [ ${ref} = ${commit} ] && git fetch -q --force --tags ${shallow} origin; }
git cat-file -e ${`${commit}^{commit}`} 2>/dev/null || {
  echo ${`the repository has no commit ${commit} any more under ${ref}: it was changed meanwhile; run again`} >&2
  exit 1
}
git checkout -q ${discard} --detach ${commit} -- || { git rev-parse -q --verify HEAD >/dev/null && rm -f "$mark"; exit 1; }
if ${submodules ? "true" : "false"} && [ -f .gitmodules ]; then
  git submodule sync -q --recursive
  git submodule update -q --init --recursive ${shallow} ${discard}
fi
rm -f "$mark"`;
  return lines(
    // where others can turn names, git is run only as their owner
    owner === undefined ? requireOwnWay(sh`${path}`, "give the checkout an owner") : rawScript(":"),
    runGit(login, work, []),
  );
}

function mistakeInRepository(value: unknown): Mistake | undefined {
  const shown = JSON.stringify(value) ?? "nothing";
  const isPlain = typeof value === "string" && /^[^\s-]\S*$/.test(value);
  if (!isPlain)
    return { message: `expected a repository such as "https://example.org/app.git", got ${shown}` };
  if (/^\w+::/.test(value))
    return { message: `expected a repository by https, ssh, http, git or a path, got ${shown}` };
  // the address is shown in reports
  if (/^\w+:\/\/[^/]*:[^/]*@/.test(value))
    return {
      message: "the repository's address has a password in it",
      hint: "give a key that may read it: deployKey, with an address such as git@example.org:app.git",
    };
  return undefined;
}

function mistakeInVersion(value: unknown): Mistake | undefined {
  // git-check-ref-format(1)
  if (typeof value === "string" && /^[^-/\s~^:?*[\\][^\s~^:?*[\\]*$/.test(value) && !value.includes(".."))
    return undefined;
  return { message: `expected a branch, a tag or a commit, got ${JSON.stringify(value) ?? "nothing"}` };
}
