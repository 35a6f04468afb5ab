import { fileFacts } from "../../facts/file-effects.ts";
import { emptyDirectory } from "../../facts/file-tree.ts";
import { file } from "../../facts/files.ts";
import { type Checkout, gitCheckout, gitRemote, gitRepository, refsOf } from "../../facts/git.ts";
import type { GitLogin } from "../../facts/git-as.ts";
import { self } from "../../facts/self.ts";
import {
  change,
  cleanPath,
  defineModule,
  fail,
  type Mistake,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  type RequiredInput,
  refusing,
  reveal,
  SecretString,
  secret,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { requireAccounts } from "../files/accounts.ts";
import { makeDirectory } from "../files/directory.ts";
import { checkoutScript, type Wanted } from "./git-checkout.ts";

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
 * Files that were altered in the checkout fail the task, with their names, unless `force` is set; so do submodules in
 * which files were altered. Files that git does not know stay.
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
      key: p.deployKey === undefined ? undefined : secret(reveal(p.deployKey)),
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
      action: {
        kind: "script",
        script: checkoutScript(path, p, login, wanted, now?.isUnfinished === true),
        mayLeave: true,
      },
      sets: [gitCheckout.is(key, then)],
      touches: fileFacts(path),
    });
    return value;
  },
});

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

function shown(now: Checkout, { repo }: { readonly repo: string }): string {
  return [
    now.commit === "" ? "nothing" : now.commit.slice(0, 12),
    ...(now.url === repo ? [] : [`of ${now.url || "no repository"}`]),
    ...(now.modified.length === 0 ? [] : [`${now.modified.length} altered files`]),
    ...(now.submodules.length > 0 ? [`submodules ${now.submodules.join(", ")}`] : []),
  ].join(", ");
}

async function wantedCommit(
  host: PlanHost,
  { repo, version }: { readonly repo: string; readonly version: string },
  login: GitLogin,
  now: Checkout | undefined,
): Promise<Wanted> {
  const isCommit = commitForm.test(version);
  if (isCommit && now?.commit === version) return { commit: version, ref: version };
  const answer = await host.fact(gitRemote, gitRepository(repo, isCommit ? "HEAD" : version, login));
  if ("problem" in answer) return fail(`${repo} can't be read: ${answer.problem}`, answer.hint);
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

const commitForm = /^[0-9a-f]{40}$/;

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
