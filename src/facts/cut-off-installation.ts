/** What APT was to install when it was cut off: from its own record of what it does. */
import { defineFact, nothingElse } from "../kit/index.ts";
import { printRecords, recordsIn } from "./apt-records.ts";
import { dpkgPackage, isInstalled } from "./dpkg.ts";

/** Packages that are not installed, as `libpsl5:amd64`. */
export interface CutOff {
  /** Those that were to come along: dependencies and recommended packages. */
  readonly automatic: readonly string[];
  /** Those that were asked for. */
  readonly named: readonly string[];
}

/**
 * What an installation that was cut off was to bring, and has not. Whoever asks APT again for a package gets its
 * dependencies, but not what the package recommends, once it is unpacked.
 */
export const cutOffInstallation = defineFact<"", CutOff>({
  name: "apt.cutOff",
  restsOn: nothingElse,
  // apt's records tell both
  printedBy: dpkgPackage,
  script: () => printRecords([]),
  parse(stdout, keys) {
    const { cutOff } = recordsIn(stdout.toString());
    const [list = "", architecture = "", ...rows] = cutOff.trim().split("\n");
    const installed = new Set(
      rows.map((row) => {
        const [status = "", name, of] = row.split("\t");
        return isInstalled(status) ? `${name}:${of}` : "";
      }),
    );
    // apt's log has the host's own architecture for a package that is for all
    const own = `:${architecture}`;
    const isThere = (name: string) =>
      installed.has(name) || (name.endsWith(own) && installed.has(`${name.slice(0, -own.length)}:all`));
    // `Install: libpsl5:amd64 (0.21.2-1, automatic), wget:amd64 (1.21.3-1)`
    const lacking = list
      .slice("Install: ".length)
      .split(/\)(?:, )?/)
      .map((one) => one.split(" ("))
      .map(([name = "", note = ""]) => ({ name, isAutomatic: note.endsWith(", automatic") }))
      .filter(({ name }) => /^[a-z0-9][a-z0-9+.-]*:[a-z0-9-]+$/.test(name) && !isThere(name));
    const value = {
      automatic: lacking.filter((one) => one.isAutomatic).map(({ name }) => name),
      named: lacking.filter((one) => !one.isAutomatic).map(({ name }) => name),
    };
    return new Map(keys.map((key) => [key, value]));
  },
});
