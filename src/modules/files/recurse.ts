/** Owner, group and mode of everything below a directory. */

import { lines, type Script, sh } from "../../core/base/script.ts";
import { change } from "../../core/facts/change.ts";
import { fail, type Plan, type PlanHost } from "../../core/tasks/task.ts";
import { modeTests, type TreeKey, treeDifference, treesAbove } from "../../facts/file-tree.ts";
import { file } from "../../facts/files.ts";
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
    sets: [treeDifference.is(key, [])],
    touches: [file.of(...different), ...treesAbove(path), treeDifference.below(path)],
  });
  return true;
}

function sample(paths: readonly string[]): string {
  return paths.slice(0, 5).join(", ") + (paths.length > 5 ? ", …" : "");
}

/** Ownership first, since chown takes set-id bits away. */
function correct(key: TreeKey): Script {
  const { path, owner, group } = key;
  const steps: Script[] = [sh`set -e`];
  if (owner !== undefined)
    steps.push(sh`find -P ${path} -mindepth 1 ! -user ${owner} -exec chown -h -- ${owner} ${"{}"} +`);
  if (group !== undefined)
    steps.push(sh`find -P ${path} -mindepth 1 ! -group ${group} -exec chgrp -h -- ${group} ${"{}"} +`);
  for (const { test, mode } of modeTests(key))
    steps.push(sh`find -P ${path} -mindepth 1 ${test} -exec chmod -- ${chmodOperand(mode)} ${"{}"} +`);
  return lines(...steps);
}
