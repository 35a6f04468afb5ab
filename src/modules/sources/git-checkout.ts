/** The script that brings a checkout to a commit. */
import { unfinishedMark } from "../../facts/git.ts";
import { type GitLogin, printAfterwards, runGit } from "../../facts/git-as.ts";
import { lines, rawScript, requireOwnWay, type Script, sh } from "../../kit/index.ts";

/** The commit that a version is, and what to fetch to get it. */
export interface Wanted {
  readonly commit: string;
  readonly ref: string;
}

/** What the script needs of the module's parameters. */
interface CheckoutParams {
  readonly repo: string;
  readonly depth?: number | undefined;
  readonly submodules: boolean;
  readonly force: boolean;
  readonly owner?: string | undefined;
}

/**
 * It may be killed anywhere: what it has begun is marked, and taken up again. A fetch alters no files, so it has a mark
 * of its own: what is altered in the files afterwards is somebody's work, and not what the run has left.
 */
export function checkoutScript(
  path: string,
  { repo, depth, submodules, force, owner }: CheckoutParams,
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
fetching=.git/showrunner-fetching
was=
if [ -e "$mark" ]; then
  was=unfinished
  rm -f .git/index.lock .git/HEAD.lock
  [ ! -d .git/modules ] || find .git/modules -name '*.lock' -type f -exec rm -f {} +
fi
[ "$was" ] || [ "$(ls -A)" != .git ] || was=empty
# what git refuses it has not begun; only where there were no files before, all that are there are ours
give_up() { [ "$was" ] || rm -f "$mark"; exit 1; }
if [ -e "$fetching" ]; then
  rm -f .git/config.lock .git/shallow.lock .git/packed-refs.lock
  [ ! -d .git/refs/remotes ] || find .git/refs/remotes -name '*.lock' -type f -exec rm -f {} +
fi
: >"$fetching"
{ git config remote.origin.url ${repo} &&
  git config remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*' &&
  { git fetch -q --force ${shallow} origin ${ref} ||
    { [ ${ref} = ${commit} ] && git fetch -q --force --tags ${shallow} origin; }; }; } || { rm -f "$fetching"; exit 1; }
rm -f "$fetching"
git cat-file -e ${`${commit}^{commit}`} 2>/dev/null || {
  echo ${`the repository has no commit ${commit} any more under ${ref}: it was changed meanwhile; run again`} >&2
  exit 1
}
: >"$mark"
git checkout -q ${discard} --detach ${commit} -- || give_up
[ "$was" != empty ] || was=
if ${submodules ? "true" : "false"} && [ -f .gitmodules ]; then
  git submodule sync -q --recursive && git submodule update -q --init --recursive ${shallow} ${discard} || give_up
fi
rm -f "$mark"`;
  return lines(
    // where others can turn names, git is run only as their owner
    owner === undefined ? requireOwnWay(sh`${path}`, "give the checkout an owner") : rawScript(":"),
    printAfterwards(runGit(login, work, [])),
  );
}
