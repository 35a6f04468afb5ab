/** Removes packages: those that are named, and those that nothing needs any more. */
import { change } from "../../core/facts/change.ts";
import type { Plan, PlanHost } from "../../core/tasks/task.ts";
import { unneededPackages } from "../../facts/package-lists.ts";
import { packageFiles, packageTraces, packageVersion } from "../../facts/packages.ts";
import { aptGet } from "./apt-get.ts";
import { type AptParams, lockTimeoutOf } from "./apt-params.ts";
import type { PackageSpec } from "./package-spec.ts";

/** Whether there is something to remove, which is also what a failed installation left: no version tells of that. */
export async function isThere(host: PlanHost, { purge }: AptParams, { name }: PackageSpec): Promise<boolean> {
  return host.fact(purge === true ? packageTraces : packageFiles, name);
}

/** @returns the names of the packages that were there */
export async function* remove(host: PlanHost, p: AptParams, specs: readonly PackageSpec[]): Plan<string[]> {
  const purge = p.purge === true;
  const present = await Promise.all(specs.map((spec) => isThere(host, p, spec)));
  const found = specs.filter((_, index) => present[index]).map(({ name }) => name);
  if (found.length === 0) return [];
  yield change({
    what: `${purge ? "purge" : "remove"} ${found.join(", ")}`,
    script: aptGet(purge ? "purge" : "remove", { names: found, lockTimeout: lockTimeoutOf(p) }),
    sets: found.flatMap((name) => [
      packageVersion.is(name, undefined),
      packageFiles.is(name, false),
      ...(purge ? [packageTraces.is(name, false)] : []),
    ]),
    // what depends on it goes with it: packages, files, units, services
    touches: ["everything"],
  });
  return found;
}

export async function* autoremove(host: PlanHost, p: AptParams): Plan<void> {
  const packages = await host.fact(unneededPackages, "");
  if (packages.length === 0) return;
  yield change({
    what: `remove ${packages.join(", ")}, needed no more`,
    script: aptGet("autoremove", { lockTimeout: lockTimeoutOf(p) }),
    sets: [unneededPackages.is("", [])],
    touches: ["everything"],
  });
}
