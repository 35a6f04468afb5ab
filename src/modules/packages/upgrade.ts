/** Upgrades all packages. */

import { aptSimulation, nothingToDo } from "../../facts/apt-simulation.ts";
import { change, type Plan, type PlanHost } from "../../kit/index.ts";
import { aptGet } from "./apt-get.ts";
import { type AptSettings, installOptions, keepOptions, lockTimeoutOf } from "./apt-params.ts";
import { type AptValue, nothingDone } from "./apt-value.ts";
import { dryRun } from "./dry-run.ts";

export async function* upgrade(host: PlanHost, p: AptSettings, reach: "safe" | "full"): Plan<AptValue> {
  const command = reach === "safe" ? "upgrade" : "dist-upgrade";
  const options = installOptions(p);
  const asked = { command, options, names: [] } as const;
  const { comes, goes, finishes } = await host.fact(aptSimulation, asked);
  const { besides, ...shown } = await dryRun(host, p, asked, "upgrade all packages");
  const isRest = comes.length + goes.length === 0;
  if (isRest && !finishes) return nothingDone;
  const doing = isRest ? "finish half-installed packages" : `upgrade ${comes.length} packages`;
  yield change({
    what: besides.length === 0 ? doing : `${doing}, remove ${besides.join(", ")}`,
    ...shown,
    script: aptGet(command, { options: [...options, ...keepOptions(p)], lockTimeout: lockTimeoutOf(p) }),
    sets: [aptSimulation.is(asked, nothingToDo)],
  });
  return { installed: [], removed: besides };
}
