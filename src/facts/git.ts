/** Checkouts of git, and what their repositories answer. */
import { defineFact, rawScript, ShowrunnerError, sh } from "../kit/index.ts";
import { type GitLogin, printEach, printedEach, runGit } from "./git-as.ts";

/** A checkout as it stands. */
export interface Checkout {
  /** The commit; empty where there is none yet. */
  readonly commit: string;
  /** The repository that it comes from. */
  readonly url: string;
  /** Paths of files that differ from the commit; files that git does not know are not among them. */
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

/** A checkout; undefined where there is none. */
export const gitCheckout = defineFact<CheckoutKey, Checkout | undefined>({
  name: "git.checkout",
  restsOn: ({ path }) => [path],
  limit: (keys) => keys.length * (limit + 64),
  script: (keys) =>
    printEach(
      keys.map(({ path, user, submodules }) =>
        runGit({ user }, rawScript(look), [path, submodules ? "yes" : ""]),
      ),
      limit,
    ),
  parse(stdout, keys) {
    const answers = printedEach(stdout, keys.length);
    return new Map(
      keys.map((key, index): [CheckoutKey, Checkout | undefined | ShowrunnerError] => {
        const { status = 1, text = "" } = answers[index] ?? {};
        if (status === 0) return [key, checkoutIn(text)];
        const why = text.trim().split("\n").slice(-3).join(" ");
        return [
          key,
          new ShowrunnerError(
            "fact.failed",
            `the checkout ${key.path} can't be read: ${why || `status ${status}`}`,
          ),
        ];
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
git status --porcelain=v1 -z --untracked-files=no --no-renames --ignore-submodules=all || exit
printf '\\000'
[ -z "$2" ] || [ ! -f .gitmodules ] || git submodule status --recursive | grep '^[-+U]' || :`;

function checkoutIn(text: string): Checkout | undefined {
  if (text === "") return undefined;
  const [commit = "", url = "", unfinished = ""] = text.split("\n", 3);
  const rest = text.slice(commit.length + url.length + unfinished.length + 3);
  const end = rest.startsWith("\0") ? 0 : rest.indexOf("\0\0") + 1;
  const names = rest.slice(0, end).split("\0");
  return {
    commit,
    url,
    isUnfinished: unfinished !== "",
    modified: names.filter((name) => name !== "").map((name) => name.slice(3)),
    submodules: rest
      .slice(end + 1)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" ")[1] ?? ""),
  };
}

/** A version of a repository. */
interface Asked extends GitLogin {
  readonly url: string;
  /** A branch, a tag, `HEAD`, or the whole name of one of these: `refs/heads/main`. */
  readonly version: string;
}

/** What a repository has under a name: each such name, with its commit; or why it can't be asked. */
type Answered = { readonly refs: Readonly<Record<string, string>> } | { readonly problem: string };

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
  limit: (keys) => keys.length * (limit + 64),
  script: (keys) =>
    printEach(
      keys.map(({ url, version, ...login }) =>
        runGit(login, sh`timeout 60 sh -c 'exec "$@"' sh git -c protocol.ext.allow=never ls-remote -- "$@"`, [
          url,
          ...refsOf(version),
        ]),
      ),
      limit,
    ),
  parse(stdout, keys) {
    const answers = printedEach(stdout, keys.length);
    return new Map(
      keys.map((key, index): [Asked, Answered] => {
        const { status = 1, text = "" } = answers[index] ?? {};
        const said = text.trim().split(/\r?\n/);
        if (status === 0) return [key, { refs: refsIn(said, new Set(refsOf(key.version))) }];
        const reasons = said.filter((line) => /^(fatal|error|ssh|Host|.*denied)/i.test(line));
        const problem =
          status === 124
            ? "it did not answer within 60 s"
            : (reasons.length > 0 ? reasons : said).slice(0, 3).join(" ");
        return [key, { problem: problem || `git ended with status ${status}` }];
      }),
    );
  },
});

function refsIn(lines: readonly string[], names: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, commit, name] = /^([0-9a-f]{40,64})\t(.+)$/.exec(line) ?? [];
      return commit !== undefined && name !== undefined && names.has(name) ? [[name, commit]] : [];
    }),
  );
}
