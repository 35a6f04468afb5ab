/** What an installation may alter besides the packages that it is about. */
import type { Touch } from "../../core/facts/fact.ts";
import { defineStated } from "../../core/facts/stated.ts";
import { aptSimulation } from "../../facts/apt-simulation.ts";
import { installedPackage, packageFiles, packageTraces, packageVersion } from "../../facts/packages.ts";

/** Other packages come along, or get another version. */
export const alongside: readonly Touch[] = [
  "arrivals",
  "services",
  packageVersion.of(),
  packageFiles.of(),
  aptSimulation.of(),
];

defineStated("package", (name) => [installedPackage.of(name), packageTraces.of(name), ...alongside]);

/** The same, where it is about any package: what was cut off is finished. */
export const anyPackage: readonly Touch[] = [...alongside, installedPackage.of(), packageTraces.of()];
