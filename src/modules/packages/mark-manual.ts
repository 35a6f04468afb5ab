/** A package that a task names is wanted for its own sake: `autoremove` must not take it. */

import { aptSimulation } from "../../facts/apt-simulation.ts";
import { dpkgPackage } from "../../facts/dpkg.ts";
import { fileFacts } from "../../facts/file-effects.ts";
import { type Change, change, type FactValue, type PlanHost, sh } from "../../kit/index.ts";

/** Those of the packages that came along with others. */
export async function automaticOnes(host: PlanHost, names: readonly string[]): Promise<string[]> {
  const installed = await Promise.all(names.map((name) => host.fact(dpkgPackage, name)));
  return names.filter((_, index) => installed[index] === "automatic");
}

/**
 * Marks packages as installed by hand.
 *
 * @param automatic packages that came along with others
 * @param sets further facts that hold afterwards
 */
export function* markManual(
  automatic: readonly string[],
  sets: readonly FactValue[] = [],
): Generator<Change, void> {
  if (automatic.length === 0) return;
  yield change({
    what: `mark ${automatic.join(", ")} as wanted`,
    before: "automatic",
    after: "manual",
    script: sh`apt-mark manual -- ${automatic} >/dev/null`,
    sets: [...automatic.map((name) => dpkgPackage.is(name, "manual")), ...sets],
    // what is needed no more is another matter then; an installation is not
    touches: [
      ...[[], ["--allow-change-held-packages"]].map((options) =>
        aptSimulation.of({ command: "autoremove", options, names: [] }),
      ),
      ...fileFacts("/var/lib/apt/extended_states"),
    ],
  });
}
