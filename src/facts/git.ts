/** Checkouts of git, and what their repositories answer. */
import { defineFact, rawScript, ShowrunnerError } from "../kit/index.ts";
import { markOf } from "../kit/own.ts";
import { type GitLogin, isLate, printEach, printedEach, printedSize, runGit } from "./git-as.ts";

/** A checkout as it stands. */
export interface Checkout {
  /** The commit; empty where there is none yet. */
  readonly commit: string;
  /** The repository that it comes from. */
  readonly url: string;
  /**
   * Paths of files that differ from the commit; files that git does not know are not among them. A submodule in which
   * files were altered is one of these paths.
   */
  readonly modified: readonly string[];
  /** Paths of submodules that are not as the commit says. */
  readonly submodules: readonly string[];
  /** Whether a run was ended in the middle of its work. */
  readonly isUnfinished: boolean;
}

/** Where a checkout is, and who owns it. */
interface CheckoutKey {
  readonly [name: string]: string | boolean | undefined;
  readonly path: string;
  /** Left out: the user that scripts run as. */
  readonly user?: string | undefined;
  /** False: its submodules are not looked at. */
  readonly submodules: boolean;
}

/** In a checkout's `.git`, while its files are being replaced. */
export const unfinishedMark = "showrunner-unfinished";

/** So many bytes are read of each answer. */
const limit = 256 * 1024;

/** So many characters are shown of what a host says. */
const longestReason = 1024;

/** How long git may look at a checkout, and ask a repository. Seconds. */
const patience = { look: 20, ask: 60 };

/** A checkout; undefined where there is none. */
export const gitCheckout = defineFact<CheckoutKey, Checkout | undefined>({
  name: "git.checkout",
  restsOn: ({ path }) => [path],
  limit: (keys) => printedSize(keys.length, limit),
  script: (keys) =>
    printEach(
      keys.map(({ path, user, submodules }) =>
        runGit({ user }, rawScript(look), [path, submodules ? "untracked" : "all"], patience.look),
      ),
      limit,
    ),
  parse(stdout, keys) {
    const answers = printedEach(stdout, keys.length, limit);
    return new Map(
      answers.flatMap(({ status, text, isCut }, index) => {
        const key = keys[index];
        if (key === undefined) return [];
        const why = isCut
          ? "too many altered files"
          : isLate(status)
            ? `git did not answer within ${patience.look} s`
            : text.slice(-longestReason).trim().split("\n").slice(-3).join(" ") || `status ${status}`;
        const value =
          status === 0 && !isCut
            ? checkoutIn(text)
            : new ShowrunnerError("fact.failed", `the checkout ${key.path} can't be read: ${why}`);
        return [[key, value] as const];
      }),
    );
  },
});

/** Prints nothing where there is no checkout. What differs ends with a NUL each. */
const look = `command -v git >/dev/null && [ -e "$1/.git" ] && cd -- "$1" || exit 0
[ "$(git rev-parse --show-cdup)" = "" ] || exit 1
git rev-parse -q --verify HEAD || echo
git config --get remote.origin.url || echo
[ -e .git/${unfinishedMark} ] && echo unfinished || echo
git status --porcelain=v2 -z --untracked-files=no --no-renames --ignore-submodules="$2" || exit
printf '\\000'
[ "$2" = all ] || [ ! -f .gitmodules ] || git submodule status --recursive | grep '^[-+U]' || :`;

function checkoutIn(text: string): Checkout | undefined {
  if (text === "") return undefined;
  const [commit = "", url = "", unfinished = ""] = text.split("\n", 3);
  const rest = text.slice(commit.length + url.length + unfinished.length + 3);
  const end = rest.startsWith("\0") ? 0 : rest.indexOf("\0\0") + 1;
  return {
    commit,
    url,
    isUnfinished: unfinished !== "",
    modified: rest.slice(0, end).split("\0").flatMap(alteredIn),
    submodules: rest
      .slice(end + 1)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" ")[1] ?? ""),
  };
}

/** The path of an entry of git-status(1), version 2. A submodule that only has another commit is not altered. */
function alteredIn(entry: string): string[] {
  const [kind, state = "", submodule = "", ...words] = entry.split(" ");
  if (kind !== "1" && kind !== "u") return [];
  const isElsewhere = submodule.startsWith("S") && submodule[2] !== "M" && state.startsWith(".");
  return isElsewhere ? [] : [words.slice(kind === "1" ? 5 : 7).join(" ")];
}

/** A version of a repository. */
interface Asked extends GitLogin {
  readonly url: string;
  /** A branch, a tag, `HEAD`, or the whole name of one of these: `refs/heads/main`. */
  readonly version: string;
  /** A secret shows itself as a mask in a key: this tells two keys apart. */
  readonly keyId?: string;
}

/** What a repository has under a name: each such name, with its commit; or why it can't be asked. */
type Answered =
  | { readonly refs: Readonly<Record<string, string>> }
  | { readonly problem: string; readonly hint: string | undefined };

/** The fact's key for a version of a repository, asked with a login. */
export function gitRepository(url: string, version: string, login: GitLogin): Asked {
  return { ...login, url, version, ...(login.key && { keyId: markOf(login.key) }) };
}

/** The names under which a version may be found. */
export function refsOf(version: string): string[] {
  const names =
    version === "HEAD" || version.startsWith("refs/")
      ? [version]
      : [`refs/heads/${version}`, `refs/tags/${version}`];
  return names.flatMap((name) => (name.startsWith("refs/tags/") ? [name, `${name}^{}`] : [name]));
}

/** What a repository answers, as the host sees it. */
export const gitRemote = defineFact<Asked, Answered>({
  name: "git.remote",
  about: "world",
  limit: (keys) => printedSize(keys.length, limit),
  script: (keys) =>
    printEach(
      keys.map(({ url, version, ...login }) =>
        runGit(login, rawScript('git ls-remote -- "$@"'), [url, ...refsOf(version)], patience.ask),
      ),
      limit,
    ),
  parse(stdout, keys) {
    const answers = printedEach(stdout, keys.length, limit);
    return new Map(
      answers.flatMap(({ status, text }, index) => {
        const key = keys[index];
        if (key === undefined) return [];
        const value: Answered =
          status === 0
            ? { refs: refsIn(text.split("\n"), new Set(refsOf(key.version))) }
            : whyNot(status, text);
        return [[key, value] as const];
      }),
    );
  },
});

function whyNot(status: number, text: string): Answered {
  if (isLate(status)) return { problem: `it did not answer within ${patience.ask} s`, hint: undefined };
  const said = text.trim().split(/\r?\n/);
  const reasons = said.filter((line) => /^(fatal|error|ssh|Host|No |.*denied)/i.test(line));
  const problem = (reasons.length > 0 ? reasons : said).slice(0, 3).join(" ").slice(0, longestReason);
  return { problem: problem || `git ended with status ${status}`, hint: hintFor(problem.toLowerCase()) };
}

function hintFor(problem: string): string | undefined {
  const has = (text: string) => problem.includes(text);
  if (has("host key verification failed") || has("host key is known"))
    return "give the server's host keys: knownHosts";
  if (has("permission denied") || has("publickey")) return "give a key that may read it: deployKey";
  return undefined;
}

function refsIn(lines: readonly string[], names: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, commit, name] = /^([0-9a-f]{40,64})\t(.+)$/.exec(line) ?? [];
      return commit !== undefined && name !== undefined && names.has(name) ? [[name, commit]] : [];
    }),
  );
}
