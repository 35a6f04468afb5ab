/** Owner, group and mode of everything below a directory. */

import { posix } from "node:path";
import { treeCorrected } from "../../facts/file-effects.ts";
import { findDifferent, modeTests, type TreeKey, treeDifference } from "../../facts/file-tree.ts";
import {
  change,
  enterDirectoryOf,
  fail,
  lines,
  type Plan,
  type PlanHost,
  rawScript,
  type Script,
  sh,
} from "../../kit/index.ts";
import { requireAccounts } from "./accounts.ts";
import { type Attributes, chownOperand } from "./attributes.ts";
import { chmodOperand, fileModeInTree, resolveMode } from "./mode.ts";

/** The key under which the tree's differences are known. */
export function treeKey(path: string, { owner, group, mode }: Attributes): TreeKey {
  if (mode === undefined) return { path, owner, group };
  const directoryMode = resolveMode(mode, "0000", true);
  return {
    path,
    owner,
    group,
    directoryMode,
    fileMode: fileModeInTree(directoryMode, false),
    executableMode: fileModeInTree(directoryMode, true),
  };
}

/** A symbolic mode means something else for each file: below a directory it can't be read off in one look. */
export function checkRecursive({ mode }: Attributes): void {
  if (mode !== undefined && !/^[0-7]+$/.test(mode))
    fail(
      `mode: with recurse it must be octal, got ${JSON.stringify(mode)}`,
      "directories get the octal mode; files get it without its execute bits, unless they have some already",
    );
}

/** Brings everything below the directory to the attributes, in one change. */
export async function* setBelow(host: PlanHost, path: string, wanted: Attributes): Plan<boolean> {
  const key = treeKey(path, wanted);
  const different = await host.fact(treeDifference, key);
  if (different.length === 0) return false;
  await requireAccounts(host, wanted);
  yield change({
    what: "below",
    before: `${different.length} ${different.length === 1 ? "path differs" : "paths differ"}: ${sample(different)}`,
    after: [chownOperand(wanted.owner, wanted.group), wanted.mode]
      .filter((one) => one !== undefined)
      .join(" "),
    script: correct(key),
    ...treeCorrected(key, different),
  });
  return true;
}

function sample(paths: readonly string[]): string {
  return paths.slice(0, 5).join(", ") + (paths.length > 5 ? ", …" : "");
}

/**
 * Each directory is entered, and what is in it is corrected before the directory itself: that may give it to somebody
 * who can turn names in it. Where others can do so already, its entries get second names in a folder of ours, and are
 * looked at and corrected by those.
 */
function correct(key: TreeKey): Script {
  const { path } = key;
  const different = findDifferent(key)
    .map(({ text }) => text)
    .join(" -o ");
  return lines(
    enterDirectoryOf(path),
    sh`trap sr_tidy EXIT
trap 'exit 143' HUP INT TERM
set -e`,
    rawScript(`sr_correct() {
${corrections(key).text}
}
sr_different() {
  find -P . -mindepth 1 -maxdepth 1 ! -type d \\( ${different} \\)
}`),
    rawScript(walk),
    sh`sr_path=${posix.dirname(path)}
sr_down ${posix.basename(path)}
sr_below`,
  );
}

/** Ownership first, since chown takes set-id bits away. `$@` says how deep to look. */
function corrections(key: TreeKey): Script {
  const { owner, group } = key;
  const steps: Script[] = [];
  const find = (test: Script, command: Script) =>
    steps.push(sh`find -P . "$@" ${test} -exec ${command} ${"{}"} + || return`);
  if (owner !== undefined) {
    // what an ACL of its owner's gives away, as sr_take_rights does it for one path
    const theirs = sh`find -P . "$@" ! -type l ! -user 0 ! -user ${owner} -exec`;
    steps.push(sh`if ${theirs} ls -ld -- ${"{}"} + | grep -q '^.\\{10\\}+'; then
${theirs} setfacl -bk -- ${"{}"} + || sr_refuse "something in $sr_path has an ACL of its owner's, which can't be taken away" 'install the package acl there'
fi`);
    find(sh`! -user ${owner}`, sh`chown -h -- ${owner}`);
  }
  if (group !== undefined) find(sh`! -group ${group}`, sh`chgrp -h -- ${group}`);
  for (const { test, mode } of modeTests(key)) find(test, sh`chmod -- ${chmodOperand(mode)}`);
  return lines(...steps);
}

const walk = `sr_below() {
  set --
  for sr_entry in ./* ./.[!.]* ./..?*; do
    if [ ! -L "$sr_entry" ] && [ -d "$sr_entry" ]; then
      (sr_down "\${sr_entry#./}" && sr_below && sr_correct -maxdepth 0) || return
    elif [ -L "$sr_entry" ] || [ -e "$sr_entry" ]; then set -- "$@" "../\${sr_entry#./}"; fi
    [ $# -lt 200 ] || { sr_entries "$@" || return; set --; }
  done
  [ $# = 0 ] || sr_entries "$@"
}
sr_entries() {
  [ -n "$(sr_different | head -n 1)" ] || return 0
  if sr_closed "$sr_uid" "$sr_mode"; then
    sr_correct -mindepth 1 -maxdepth 1 ! -type d
    return
  fi
  (
    trap sr_tidy EXIT
    sr_private .sr-
    ln -- "$@" . || sr_refuse "$sr_path: something in it was exchanged meanwhile, or its file system has no hard links" 'run again'
    # each has one more name here
    set -- -links +2
    sr_ours "$sr_uid" || set -- "$@" ! -user "$sr_uid"
    sr_other=$(find -P . -mindepth 1 "$@" | head -n 1)
    [ -z "$sr_other" ] || sr_refuse "$sr_path/\${sr_other#./} has other names elsewhere (hard links), and may be a file of somebody else" 'in a directory that others may write it is not given away: remove it'
    sr_correct -mindepth 1 -maxdepth 1
  )
}`;
