/** What an installation may alter besides the packages that it is about. */

import { aptSimulation } from "../../facts/apt-simulation.ts";
import { dpkgFiles, dpkgPackage, dpkgTraces, dpkgVersion } from "../../facts/dpkg.ts";
import { fileFacts } from "../../facts/file-effects.ts";
import { defineStated, type Touch } from "../../kit/index.ts";

/** Other packages come along, or get another version. */
export const alongside: readonly Touch[] = [
  "arrivals",
  "services",
  dpkgVersion.of(),
  dpkgFiles.of(),
  aptSimulation.of(),
  // where dpkg and apt keep what is installed, and why
  ...fileFacts("/var/lib/dpkg"),
  ...fileFacts("/var/lib/apt/extended_states"),
];

defineStated("package", (name) => [dpkgPackage.of(name), dpkgTraces.of(name), ...alongside]);

/** The same, where it is about any package: what was cut off is finished. */
export const anyPackage: readonly Touch[] = [...alongside, dpkgPackage.of(), dpkgTraces.of()];
