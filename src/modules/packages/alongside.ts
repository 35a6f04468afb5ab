/** What a change of packages may alter besides the packages that it is about. */

import { aptSimulation } from "../../facts/apt-simulation.ts";
import { dpkgFiles, dpkgPackage, dpkgTraces, dpkgVersion } from "../../facts/dpkg.ts";
import { fileFacts } from "../../facts/file-effects.ts";
import { defineStated, type Touch } from "../../kit/index.ts";

/** Packages come, and nothing that is there is replaced. */
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

/**
 * Packages are replaced or removed: their files alter, those that their scripts made too, which no list has, and what
 * rests on these. An author may say of the files what really alters; of packages it is known.
 */
export const anything: readonly Touch[] = [...alongside, dpkgPackage.of(), dpkgTraces.of(), "everything"];
