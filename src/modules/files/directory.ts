/** Makes directories, with those above them. */

import { posix } from "node:path";
import { directoryMade } from "../../facts/file-effects.ts";
import { type FileState, file } from "../../facts/files.ts";
import {
  change,
  effects,
  enterDirectoryOf,
  fail,
  lines,
  type Plan,
  type PlanHost,
  type Script,
  sh,
} from "../../kit/index.ts";
import { stagingName } from "../../kit/own.ts";
import { requireAccounts } from "./accounts.ts";
import { type Attributes, chownOperand, type ModeState, showState, withAttributes } from "./attributes.ts";
import { chmodOperand } from "./mode.ts";
import { ancestors } from "./paths.ts";
import { created } from "./put-file.ts";

/** Asks for all that `makeDirectory` reads. */
export async function prefetchDirectory(host: PlanHost, path: string): Promise<void> {
  await Promise.all([path, ...ancestors(path)].map((one) => host.fact(file, one)));
}

/**
 * Makes a directory that is not there, and those above it that are missing. As with Ansible, all of them get the
 * attributes.
 */
export async function* makeDirectory(host: PlanHost, path: string, wanted: Attributes): Plan<void> {
  const paths = [path, ...ancestors(path)];
  const states = await Promise.all(paths.map((one) => host.fact(file, one)));
  const depth = states.findIndex((state) => state.type !== "absent");
  const missing = paths.slice(0, depth < 0 ? paths.length : depth).reverse();
  let parent: FileState = states[depth] ?? root;
  if (parent.type !== "directory" && parent.type !== "link")
    fail(`${path} can't be made: ${posix.dirname(missing[0] ?? path)} is not a directory on the host`);

  await requireAccounts(host, wanted);
  const made: Made[] = [];
  for (const one of missing) {
    const plain: ModeState & { type: "directory" } = await created(host, "directory", parent);
    const then = withAttributes(plain, wanted);
    made.push({ path: one, then });
    parent = then;
  }
  yield change({
    what: "created",
    before: "absent",
    after: `directory ${made.map(({ then }) => showState(then)).at(-1)}`,
    script: makeTogether(made, wanted),
    ...effects(...made.map(({ path: one, then }) => directoryMade(one, then))),
  });
}

/** The one directory that need not be looked at. */
const root: FileState = { type: "directory", mode: "0755", owner: "root", group: "root" };

/** A directory to be made, and what it is then like. */
interface Made {
  readonly path: string;
  readonly then: ModeState;
}

/**
 * They come into sight together, with owner and mode: a task that is begun again finds what is above its directory
 * there, and no longer sets it right.
 */
function makeTogether(made: readonly Made[], { owner, group, mode }: Attributes): Script {
  const [top = { path: "/" }] = made;
  const operand = chownOperand(owner, group);
  const steps = made.flatMap(({ path, then }) => {
    const here = sh`"$sr_top"${path.slice(top.path.length)}`;
    return [
      sh`sr_said=$(LC_ALL=C mkdir -- ${here} 2>&1) || sr_fail . "$sr_said"`,
      ...(operand === undefined ? [] : [sh`sr_roots ${operand} ${here} || chown -- ${operand} ${here}`]),
      ...(mode === undefined ? [] : [sh`chmod -- ${chmodOperand(then.mode)} ${here}`]),
    ];
  });
  return lines(
    sh`set -e`,
    enterDirectoryOf(top.path),
    sh`sr_what=${top.path} sr_base=${posix.basename(top.path)} sr_prefix=${stagingName(top.path)}
sr_sweep "$sr_prefix"
trap '[ -z "$sr_by" ] || sr_tidy; [ -n "$sr_by" ] || [ ! -d "$sr_top" ] || rm -rf -- "$sr_top"' EXIT
trap 'exit 143' HUP INT TERM
if [ -n "$sr_by" ]; then sr_private "$sr_prefix"; sr_top=./$sr_base
else sr_top=./$sr_prefix$$; fi`,
    // with a mode to come, it is open to its owner alone until then; else it is made as any other
    sh`umask ${mode === undefined ? "022" : "077"}`,
    ...steps,
    sh`if [ -n "$sr_by" ]; then sr_put_out "$sr_base"
else
  [ ! -e "./$sr_base" ] || sr_refuse ${`${top.path} was made by somebody else meanwhile`}
  mv -- "$sr_top" "./$sr_base"
fi`,
  );
}
