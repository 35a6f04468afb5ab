/** Makes directories, with those above them. */
import { posix } from "node:path";
import { lines, type Script, sh } from "../../core/base/script.ts";
import { change } from "../../core/facts/change.ts";
import { fail, type Plan, type PlanHost } from "../../core/tasks/task.ts";
import { treesAbove } from "../../facts/file-tree.ts";
import { type FileState, file } from "../../facts/files.ts";
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
  const steps: Script[] = [];
  const sets = [];
  let shown = "";
  for (const one of missing) {
    const plain: ModeState & { type: "directory" } = await created(host, "directory", parent);
    const then = withAttributes(plain, wanted);
    steps.push(makeOne(one, wanted, then.mode));
    sets.push(file.is(one, then));
    shown = showState(then);
    parent = then;
  }
  yield change({
    what: "created",
    before: "absent",
    after: `directory ${shown}`,
    script: lines(sh`set -e; umask 022`, ...steps),
    sets,
    touches: [...treesAbove(path)],
  });
}

/** The one directory that need not be looked at. */
const root: FileState = { type: "directory", mode: "0755", owner: "root", group: "root" };

/** Until it has its owner and mode, a directory is open to nobody else. */
function makeOne(path: string, { owner, group, mode }: Attributes, then: string): Script {
  const operand = chownOperand(owner, group);
  const steps = [mode === undefined ? sh`mkdir -- ${path}` : sh`(umask 077; mkdir -- ${path})`];
  if (operand !== undefined) steps.push(sh`chown -- ${operand} ${path}`);
  if (mode !== undefined) steps.push(sh`chmod -- ${chmodOperand(then)} ${path}`);
  return lines(...steps);
}
