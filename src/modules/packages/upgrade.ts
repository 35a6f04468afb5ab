/** Upgrades all packages. */
import { change } from "../../core/facts/change.ts";
import type { Plan, PlanHost } from "../../core/tasks/task.ts";
import { upgradablePackages } from "../../facts/package-lists.ts";
import { alongside } from "./alongside.ts";
import { aptGet } from "./apt-get.ts";
import { type AptParams, installOptions, lockTimeoutOf } from "./apt-params.ts";

export async function* upgrade(host: PlanHost, p: AptParams, reach: "safe" | "full"): Plan<void> {
  const key = { reach, release: p.defaultRelease ?? "" };
  const packages = await host.fact(upgradablePackages, key);
  if (packages.length === 0) return;
  yield change({
    what: `upgrade ${packages.length} packages`,
    after: packages.join(", "),
    script: aptGet(reach === "safe" ? "upgrade" : "dist-upgrade", {
      options: installOptions(p),
      lockTimeout: lockTimeoutOf(p),
    }),
    sets: [upgradablePackages.is(key, [])],
    touches: reach === "safe" ? alongside : ["everything"],
  });
}
