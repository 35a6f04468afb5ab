/** Debian packages: what is installed, from dpkg alone, which is fast and needs no package lists. */
import { defineFact, type Fact, lines, nothingElse, rawScript, type Script, sh } from "../kit/index.ts";
import { printRecords, recordsIn } from "./apt-records.ts";

/** A package as dpkg knows it. */
interface Row {
  /** dpkg's three letters: wanted, state, error. */
  readonly status: string;
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}

interface Packages {
  /** By name: one for each architecture. */
  readonly rows: ReadonlyMap<string, readonly Row[]>;
  /** Those that apt has marked as installed for others, as `curl:amd64`. */
  readonly automatic: ReadonlySet<string>;
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
printf '%s\\n\\n' "$rows"
case "
$rows" in *"
"?[!iWt]*) status=1 ;; esac`),
    sh`[ $status -eq 0 ] || dpkg-query -W -f ${providesFormat} || exit`,
  );
}

/** The same, and what apt itself has written down of them: apt takes its time. */
function queryMarked(names: readonly string[]): Script {
  const plain = [...new Set(names.map((name) => name.replace(/:.*/, "")))];
  return lines(query(names), rawScript(`echo '${endOfRows}'`), printRecords(plain));
}

const endOfRows = "== automatic";

function parse(stdout: Buffer): Packages {
  const [known = "", records = ""] = stdout.toString().split(`${endOfRows}\n`);
  const [rows = "", provides = ""] = known.split("\n\n");
  return {
    automatic: new Set(recordsIn(records).automatic),
    rows: byName(
      fields(rows).map(([status = "", name = "", architecture = "", version = ""]) => ({
        status,
        name,
        architecture,
        version,
      })),
    ),
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

function byName(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const all = new Map<string, Row[]>();
  for (const row of rows) {
    const known = all.get(row.name);
    if (known) known.push(row);
    else all.set(row.name, [row]);
  }
  return all;
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
function rowOf(packages: Packages, key: string): Row | undefined {
  const { rows } = packages;
  const [name = "", asked] = key.split(":");
  const native = nativeOf(packages);
  const wanted = asked === undefined || asked === "native" ? native : asked;
  return rows
    .get(name)
    ?.find(({ architecture }) => wanted === "any" || architecture === wanted || architecture === "all");
}

function nativeOf({ rows }: Packages): string | undefined {
  return rows.get("dpkg")?.[0]?.architecture;
}

/** A fact that is asked by packages' names and answered by the one query. */
function packageFact<V>(
  name: string,
  mayArrive: (value: V) => boolean,
  answer: (packages: Packages, name: string) => V,
  script: (names: readonly string[]) => Script = query,
): Fact<string, V> {
  return defineFact<string, V>({
    name,
    restsOn: nothingElse,
    mayArrive: (_, value) => mayArrive(value),
    // what all installed packages provide
    limit: () => 512 * 1024,
    readsAll: true,
    script,
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

/** How a package is installed, if it is. */
type Installed =
  | "no"
  /** Another package that is installed provides it. */
  | "provided"
  /** It came along with others, and goes with `apt-get autoremove` once none of them needs it. */
  | "automatic"
  | "manual";

/** How a package is installed, by its name: `curl`, `libc6:i386`. */
export const dpkgPackage = packageFact<Installed>(
  "dpkg.package",
  (how) => how === "no",
  (packages, name) => {
    const row = installed(packages, name);
    if (!row) return packages.provided.has(name) ? "provided" : "no";
    // apt marks what is for all architectures under the host's own
    const architecture = row.architecture === "all" ? nativeOf(packages) : row.architecture;
    return packages.automatic.has(`${row.name}:${architecture}`) ? "automatic" : "manual";
  },
  queryMarked,
);

/** The version of an installed package; undefined where it is not installed, a virtual one included. */
export const dpkgVersion = packageFact<string | undefined>(
  "dpkg.version",
  (version) => version === undefined,
  (packages, name) => installed(packages, name)?.version,
);

/**
 * Whether dpkg was cut off in its work and nobody has played its journal since: apt refuses to work then. Files are in
 * the journal also while a dpkg is at work, which is no interruption.
 */
export const dpkgInterrupted = defineFact<"", boolean>({
  name: "dpkg.interrupted",
  restsOn: nothingElse,
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
export const dpkgTraces = packageFact<boolean>(
  "dpkg.traces",
  (traces) => !traces,
  (packages, name) => {
    const row = rowOf(packages, name);
    return row !== undefined && !/^.n/.test(row.status);
  },
);

/** Whether files of a package are there, or may be: it is installed, wholly or in part; not its configuration alone. */
export const dpkgFiles = packageFact<boolean>(
  "dpkg.files",
  (there) => !there,
  (packages, name) => {
    const row = rowOf(packages, name);
    return row !== undefined && !/^.[nc]/.test(row.status);
  },
);
