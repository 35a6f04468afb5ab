/** Debian packages: what is installed, from dpkg alone, which is fast and needs no package lists. */

import { lines, rawScript, type Script, sh } from "../core/base/script.ts";
import { defineFact, type Fact } from "../core/facts/fact.ts";

/** A package as dpkg knows it. */
interface Row {
  /** dpkg's three letters: wanted, state, error. */
  readonly status: string;
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}

interface Packages {
  readonly rows: readonly Row[];
  /** The virtual packages that installed packages provide. */
  readonly provided: ReadonlySet<string>;
}

const rowFormat = "${db:Status-Abbrev}\\t${Package}\\t${Architecture}\\t${Version}\\n";
const providesFormat = "${db:Status-Abbrev}\\t${Provides}\\n";

/** Fails with a sentence where there is no dpkg. */
const needsDpkg = rawScript(
  'command -v dpkg-query >/dev/null || { echo "there is no dpkg here: apt works on Debian and its relatives only" >&2; exit 1; }',
);

/**
 * One query for all names. dpkg's own row tells the host's architecture. What installed packages provide is only
 * asked for where a name is not an installed package itself.
 */
function query(names: readonly string[]): Script {
  return lines(
    needsDpkg,
    sh`rows=$(dpkg-query -W -f ${rowFormat} -- dpkg ${names} 2>/dev/null); status=$?`,
    rawScript(`[ $status -le 1 ] || exit $status
printf '%s\\n\\n' "$rows"`),
    sh`if [ $status -ne 0 ] || printf '%s\n' "$rows" | grep -q '^.[^iWt]'; then dpkg-query -W -f ${providesFormat}; fi`,
  );
}

function parse(stdout: Buffer): Packages {
  const [rows = "", provides = ""] = stdout.toString().split("\n\n");
  return {
    rows: fields(rows).map(([status = "", name = "", architecture = "", version = ""]) => ({
      status,
      name,
      architecture,
      version,
    })),
    provided: new Set(
      fields(provides)
        .filter(([status = ""]) => isInstalled(status))
        .flatMap(([, names = ""]) => names.split(","))
        // `mail-transport-agent`, or with a version: `libfoo (= 1.2)`
        .map((name) => name.trim().split(/[ (]/)[0] ?? "")
        .filter((name) => name !== ""),
    ),
  };
}

function fields(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

/**
 * Whether dpkg's three letters mean installed, maybe with a trigger still to run. Unpacked and half-configured packages
 * are not.
 */
export function isInstalled(status: string): boolean {
  return /^.[iWt]/.test(status);
}

/** The row a name means: without an architecture, that of the host itself, or one for all. */
function rowOf({ rows }: Packages, key: string): Row | undefined {
  const [name, asked] = key.split(":");
  const native = rows.find((row) => row.name === "dpkg")?.architecture;
  const wanted = asked === undefined || asked === "native" ? native : asked;
  return rows.find(
    (row) =>
      row.name === name && (wanted === "any" || row.architecture === wanted || row.architecture === "all"),
  );
}

/** A fact that is asked by packages' names and answered by the one query. */
function packageFact<V>(
  name: string,
  mayArrive: (value: V) => boolean,
  answer: (packages: Packages, name: string) => V,
): Fact<string, V> {
  return defineFact<string, V>({
    name,
    mayArrive: (_, value) => mayArrive(value),
    script: query,
    parse(stdout, names) {
      const packages = parse(stdout);
      return new Map(names.map((one) => [one, answer(packages, one)]));
    },
  });
}

/** The row of a package that is installed. */
function installed(packages: Packages, name: string): Row | undefined {
  const row = rowOf(packages, name);
  return row && isInstalled(row.status) ? row : undefined;
}

/**
 * Whether a package is installed, by its name: `curl`, `libc6:i386`. A virtual one is if any installed package
 * provides it.
 */
export const installedPackage = packageFact<boolean>(
  "package.installed",
  (there) => !there,
  (packages, name) => installed(packages, name) !== undefined || packages.provided.has(name),
);

/** The version of an installed package; undefined where it is not installed, a virtual one included. */
export const packageVersion = packageFact<string | undefined>(
  "package.version",
  (version) => version === undefined,
  (packages, name) => installed(packages, name)?.version,
);

/**
 * Whether dpkg was cut off in its work and nobody has played its journal since: apt refuses to work then. Files are in
 * the journal also while a dpkg is at work, which is no interruption.
 */
export const dpkgInterrupted = defineFact<"", boolean>({
  name: "dpkg.interrupted",
  script: () =>
    rawScript(`set -- /var/lib/dpkg/updates/[0-9]*
[ -e "$1" ] || exit 0
for process in /proc/[0-9]*; do
  { read -r name <"$process/comm"; } 2>/dev/null && [ "$name" = dpkg ] && exit 0
done
echo interrupted`),
  parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.toString().trim() === "interrupted"])),
});

/** Whether dpkg knows anything of a package: it is installed, in part, or removed with its configuration left. */
export const packageTraces = packageFact<boolean>(
  "package.traces",
  (traces) => !traces,
  (packages, name) => {
    const row = rowOf(packages, name);
    return row !== undefined && !/^.n/.test(row.status);
  },
);

/** Whether files of a package are there, or may be: it is installed, wholly or in part; not its configuration alone. */
export const packageFiles = packageFact<boolean>(
  "package.files",
  (there) => !there,
  (packages, name) => {
    const row = rowOf(packages, name);
    return row !== undefined && !/^.[nc]/.test(row.status);
  },
);
