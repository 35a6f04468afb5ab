/** Removes packages: those that are named, and those that nothing needs any more. */

import { aptSimulation, nothingToDo } from "../../facts/apt-simulation.ts";
import { dpkgFiles, dpkgTraces, dpkgVersion } from "../../facts/dpkg.ts";
import { change, type Plan, type PlanHost } from "../../kit/index.ts";
import { aptGet } from "./apt-get.ts";
import { type AptSettings, heldOptions, lockTimeoutOf } from "./apt-params.ts";
import { type AptValue, nothingDone } from "./apt-value.ts";
import { dryRun } from "./dry-run.ts";
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
  if (found.length === 0) return nothingDone;
  const doing = `${command} ${found.join(", ")}`;
  const options = heldOptions(p);
  const { besides, ...shown } = await dryRun(host, p, { command, options, names: found }, doing);
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
  return { installed: [], removed: [...found, ...besides] };
}

export async function* autoremove(host: PlanHost, p: AptSettings): Plan<AptValue> {
  const asked = { command: "autoremove", options: heldOptions(p), names: [] } as const;
  const { goes, comes } = await host.fact(aptSimulation, asked);
  const { besides: _, ...shown } = await dryRun(host, p, asked, "remove what is needed no more");
  if (goes.length + comes.length === 0) return nothingDone;
  yield change({
    what: `remove ${goes.map(({ name }) => name).join(", ")}, needed no more`,
    ...shown,
    script: aptGet("autoremove", { options: asked.options, lockTimeout: lockTimeoutOf(p) }),
    sets: [aptSimulation.is(asked, nothingToDo)],
  });
  return { installed: [], removed: goes.map(({ name }) => name) };
}
