/** What apt tells of its work just before it: what comes and goes is then known without a dry run. */

import { type Coming, ownName, type Simulation } from "../../facts/apt-simulation.ts";
import { tellingMark } from "../../kit/own.ts";

/**
 * A hook of apt. It gets a version, apt's settings, an empty line, and a line for each order that dpkg is about to get
 * (apt.conf(5), DPkg::Pre-Install-Pkgs): whatever language apt speaks. By then apt has refused what it refuses, and has
 * changed nothing, so dpkg still knows of which packages only the configuration is left.
 */
const hook = [
  `command sed -n -e '1,/^$/{s/^APT::Architecture=/${tellingMark}own /p;d;}' -e 's/^/${tellingMark}/p' >&2`,
  "dpkg-query -W -f '${db:Status-Abbrev} ${Package}:${Architecture}\\n' |" +
    ` sed -n 's/^.c. */${tellingMark}left /p' >&2`,
].join(" && ");

/** The options by which apt-get tells. A hook's settings go by its first word. */
export const telling: readonly string[] = [
  "-o",
  `DPkg::Pre-Install-Pkgs::=${hook}`,
  "-o",
  "DPkg::Tools::Options::command::Version=3",
];

/** What apt does. */
export type Told = Pick<Simulation, "comes" | "goes" | "finishes">;

/**
 * Reads what the hook has told.
 *
 * @param lines without the mark: `own amd64`; `curl 8.0 amd64 foreign < 8.1 amd64 foreign /var/…/curl.deb`, with `-` in
 *   the place of a version where there is none, and `**CONFIGURE**` or `**REMOVE**` in the place of the file;
 *   `left curl:amd64`
 * @param names the packages that apt was asked for
 */
export function toldBy(lines: readonly string[], names: readonly string[]): Told {
  const rows = lines.map((line) => line.split(" "));
  const native = rows.find(([kind, , ...more]) => kind === "own" && more.length === 0)?.[1] ?? "";
  const short = (name: string) => ownName(name, native);
  const left = new Set(
    rows.flatMap(([kind, name = "", ...more]) => (kind === "left" && more.length === 0 ? [short(name)] : [])),
  );
  const orders = rows.flatMap(([name, from = "", fromOf, , direction, to = "", toOf, , what]) =>
    what === undefined
      ? []
      : [{ from, to, direction, what, name: short(`${name}:${to === "-" ? fromOf : toOf}`) }],
  );
  const named = new Set(names.map(short));
  return {
    comes: orders
      .filter(({ direction, what }) => direction !== "=" && !what.startsWith("**"))
      .map(
        ({ name, from, to }): Coming => ({
          name,
          from: from === "-" ? undefined : from,
          to,
          ...(left.has(name) ? { hasConfiguration: true } : {}),
        }),
      ),
    goes: orders
      .filter(({ what }) => what === "**REMOVE**")
      .map(({ name, from }) => ({ name, version: from, named: named.has(name) })),
    // the same version is unpacked again, or configured
    finishes: orders.some(({ direction }) => direction === "="),
  };
}
