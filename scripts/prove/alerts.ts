/** Every alert of a running site fires for its fault, and clears. It takes a quarter of an hour, and so belongs to the long proof. */
import { faults, proveAlerts } from "../../test/lab/live-faults.ts";
import type { Site } from "../site-project.ts";
import { inside } from "./entry.ts";
import type { Figure } from "./figures.ts";

/** @throws Error where an alert does not fire, or does not clear; the site is put right all the same */
export async function alerts({ spec, hosts }: Site): Promise<Figure> {
  const runs = await proveAlerts(
    {
      hosts: (group) => hosts.group(group).map(({ name }) => name),
      run: (host, script) => inside(spec, host, script),
    },
    faults,
  );
  const longest = (seconds: readonly number[]) => Math.max(...seconds).toFixed(0);
  const fired = longest(runs.map(({ firedAfter }) => firedAfter));
  const cleared = longest(runs.map(({ clearedAfter }) => clearedAfter));
  return {
    what: "each fault is told by its alert, which clears",
    told: `${runs.length} alerts; the last fired after ${fired} s, cleared after ${cleared} s`,
    wrong: runs.length > 0 ? [] : ["no alert was tried"],
  };
}
