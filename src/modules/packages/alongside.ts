/** What an installation may alter besides the packages that it is about. */

import { aptSimulation } from "../../facts/apt-simulation.ts";
import { installedPackage, packageFiles, packageTraces, packageVersion } from "../../facts/packages.ts";
import { defineStated, type Touch } from "../../kit/index.ts";

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
