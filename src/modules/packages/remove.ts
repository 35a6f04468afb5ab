/** Removes packages: those that are named, and those that nothing needs any more. */

import { aptSimulation, type Going, nothingToDo } from "../../facts/apt-simulation.ts";
import { dpkgFiles, dpkgTraces, dpkgVersion } from "../../facts/dpkg.ts";
import { type Change, change, type Plan, type PlanHost } from "../../kit/index.ts";
import { anything } from "./alongside.ts";
import { aptGet } from "./apt-get.ts";
import { type AptSettings, heldOptions, lockTimeoutOf } from "./apt-params.ts";
import { type AptValue, nothingDone } from "./apt-value.ts";
import { dryRun, withVersions } from "./dry-run.ts";
import type { PackageSpec } from "./package-spec.ts";

/** Whether there is something to remove, which is also what a failed installation left: no version tells of that. */
export async function isThere(
  host: PlanHost,
  { purge }: AptSettings,
  { name }: PackageSpec,
): Promise<boolean> {
  return host.fact(purge ? dpkgTraces : dpkgFiles, name);
}

export async function* remove(host: PlanHost, p: AptSettings, specs: readonly PackageSpec[]): Plan<AptValue> {
  const purge = p.purge;
  const command = purge ? "purge" : "remove";
  const present = await Promise.all(specs.map((spec) => isThere(host, p, spec)));
  const found = specs.filter((_, index) => present[index]).map(({ name }) => name);
  if (found.length === 0) return p.autoremove ? yield* autoremove(host, p) : nothingDone;
  const doing = `${command} ${found.join(", ")}`;
  const options = heldOptions(p);
  const [{ besides, ...shown }, all] = await Promise.all([
    dryRun(host, p, { command, options, names: found }, doing),
    // asked before: a check sees nothing gone
    p.autoremove ? unneeded(host, p, found) : [],
  ]);
  yield change({
    what: besides.length === 0 ? doing : `${doing} with ${besides.join(", ")}`,
    ...shown,
    script: aptGet(command, { options, names: found, lockTimeout: lockTimeoutOf(p) }),
    sets: found.flatMap((name) => [
      dpkgVersion.is(name, undefined),
      dpkgFiles.is(name, false),
      ...(purge ? [dpkgTraces.is(name, false)] : []),
    ]),
  });
  const rest = yield* removeUnneeded(
    p,
    all.filter(({ name, named }) => !named && !besides.includes(name)),
  );
  return { installed: [], removed: [...found, ...besides, ...rest.removed] };
}

export async function* autoremove(host: PlanHost, p: AptSettings): Plan<AptValue> {
  return yield* removeUnneeded(p, await unneeded(host, p, []));
}

/** What goes with packages, and what is then needed no more. */
async function unneeded(host: PlanHost, p: AptSettings, names: readonly string[]): Promise<readonly Going[]> {
  const asked = { command: "autoremove", options: heldOptions(p), names } as const;
  await dryRun(host, p, asked, "remove what is needed no more");
  return (await host.fact(aptSimulation, asked)).goes;
}

function* removeUnneeded(p: AptSettings, goes: readonly Going[]): Generator<Change, AptValue> {
  if (goes.length === 0) return nothingDone;
  const removed = goes.map(({ name }) => name);
  const options = heldOptions(p);
  yield change({
    what: `remove ${removed.join(", ")}, needed no more`,
    before: withVersions(goes),
    script: aptGet("autoremove", { options, lockTimeout: lockTimeoutOf(p) }),
    sets: [aptSimulation.is({ command: "autoremove", options, names: [] }, nothingToDo)],
    touches: anything,
  });
  return { installed: [], removed };
}
