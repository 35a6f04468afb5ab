/** What apt would do: a dry run of it, which needs no root and changes nothing. */
import { defineFact, lines, rawScript, type Script, sh } from "../kit/index.ts";

/** A command of apt-get, as it will be given. */
export interface AptCommand {
  readonly [name: string]: unknown;
  readonly command: "install" | "remove" | "purge" | "upgrade" | "dist-upgrade" | "autoremove";
  readonly options: readonly string[];
  readonly names: readonly string[];
}

/** A package that comes, or gets another version. */
export interface Coming {
  readonly name: string;
  /** The version that is there; undefined for a new package. */
  readonly from: string | undefined;
  readonly to: string;
  /** Configuration of an earlier version is there, though that version was removed. */
  readonly hasConfiguration?: true;
}

/** A package that goes. */
export interface Going {
  readonly name: string;
  readonly version: string;
  /** Whether the command names it. */
  readonly named: boolean;
}

/** A virtual package that several provide. */
interface Ambiguous {
  readonly name: string;
  readonly providers: readonly string[];
}

export interface Simulation {
  readonly comes: readonly Coming[];
  readonly goes: readonly Going[];
  /** Whether it would also install again, or finish, what is there in part. It lists no such packages. */
  readonly finishes: boolean;
  /** Packages on hold that it would change all the same. */
  readonly held: readonly string[];
  /** Packages that it would bring to an older version. */
  readonly downgraded: readonly string[];
  /** Packages that it would remove and that no system works without. */
  readonly essential: readonly string[];
  /** Packages of which apt does not choose one: several provide what was asked for. */
  readonly ambiguous: readonly Ambiguous[];
  /** Why apt refuses, in its own words; undefined where it does not. */
  readonly refusal: string | undefined;
}

/** A dry run in which apt would do nothing. */
export const nothingToDo: Simulation = {
  comes: [],
  goes: [],
  finishes: false,
  held: [],
  downgraded: [],
  essential: [],
  ambiguous: [],
  refusal: undefined,
};

const endOfRun = "== status";

/**
 * Has apt-get say what it would do. `--print-uris` stops where `-s` would go on and simulate dpkg, too: it says the same,
 * and takes half of the time. Should any apt go on nevertheless, `Debug::pkgDPkgPM` has it print what it would tell dpkg,
 * and run nothing. That apt refuses is an answer, too. While another apt is at work, its cache does not fit
 * dpkg's state now and then for a moment: then it is asked again. The host's own settings must not alter what is printed.
 */
const simulate = rawScript(`simulate() {
  for try in 1 2 3 4; do
    said=$(apt-get --print-uris -q=1 -y -o Debug::NoLocking=1 -o Debug::pkgDPkgPM=1 -o APT::Get::Show-Versions=1 -o APT::Get::Show-Upgraded=1 "$@" 2>&1); status=$?
    case $said in
    *"out of sync"* | *"could not be parsed or opened"*) [ $try = 4 ] || sleep 1 ;;
    *) break ;;
    esac
  done
  printf '%s\\n${endOfRun} %s\\n' "$said" $status
  gone="$gone $(printf '%s\\n' "$said" | sed -n '/ will be REMOVED:$/,/^[^ ]/s/^  *\\([^ *]*\\).*/\\1/p')"
}
gone=
dpkg --print-architecture || exit`);

function simulateOne({ command, options, names }: AptCommand): Script {
  // else apt would mark what is named and there as wanted, though it only prints
  const question = command === "install" ? ["--download-only", ...options] : options;
  return sh`simulate ${question} ${command} ${names.length === 0 ? [] : ["--", ...names]}`;
}

/**
 * Lists the packages that were removed without their configuration, those that no system works without, and the versions
 * of those that go: apt leaves out the version of what has to make way for another package.
 */
const listSpecial = lines(
  sh`dpkg-query -W -f ${"${db:Status-Abbrev}\\t${Essential}\\t${Package}:${Architecture}\\n"} |`,
  rawScript("sed -n -e '/^.c/s/.*\\t/left /p' -e '/^.[^c].*\\tyes\\t/s/.*\\t/essential /p'"),
  rawScript("( set -f; set -- $gone; [ $# -eq 0 ] ||"),
  sh`dpkg-query -W -f ${"version ${Package}:${Architecture} ${Version}\\n"} -- "$@" 2>/dev/null; : )`,
);

const removing: readonly AptCommand["command"][] = ["remove", "purge", "autoremove"];

/** What a command of apt would do. apt reads all its lists for it, so it is asked for before changes only. */
export const aptSimulation = defineFact<AptCommand, Simulation>({
  name: "apt.simulation",
  restsOn: () => ["/etc/apt"],
  script: (keys) => lines(simulate, ...keys.map(simulateOne), listSpecial),
  parse(stdout, keys) {
    const text = stdout.toString();
    const [native = ""] = text.split("\n", 1);
    // what one said, its status, what the next one said, …, and the special packages
    const runs = text.slice(native.length + 1).split(/^== status (\d+)\n/m);
    const own = (names: readonly string[]) => new Set(names.map((name) => ownName(name, native)));
    const special = (runs[2 * keys.length] ?? "").split("\n").map((line) => line.split(" "));
    const those = (kind: string) =>
      new Map(
        special.flatMap(([of, name = "", version = ""]) =>
          of === kind ? [[ownName(name, native), version]] : [],
        ),
      );
    const [left, essential, versions] = [those("left"), those("essential"), those("version")];
    return new Map(
      keys.map((key, index) => {
        const [said = "", status = ""] = runs.slice(2 * index, 2 * index + 2);
        const named = own(key.names);
        const found = parseRun(said, status === "0", { named, left, versions });
        // apt does not say so of an installation, and speaks of others where these need what is to be removed
        const going = [
          ...(removing.includes(key.command) ? named : []),
          ...found.goes.map(({ name }) => name),
        ];
        const lost = going.filter((name) => essential.has(name));
        return [key, { ...found, essential: [...new Set([...lost, ...found.essential])] }];
      }),
    );
  },
});

/** apt leaves the host's own architecture out of names, and `all`. */
export function ownName(name: string, native: string): string {
  const [plain = "", architecture] = name.split(":");
  return architecture === native || architecture === "all" ? plain : name;
}

interface Surroundings {
  /** The packages that the command names. */
  readonly named: ReadonlySet<string>;
  /** The packages that were removed, and whose configuration is there. */
  readonly left: ReadonlyMap<string, string>;
  /** The versions of packages that go. */
  readonly versions: ReadonlyMap<string, string>;
}

function parseRun(said: string, isFine: boolean, { named, left, versions }: Surroundings): Simulation {
  const names = (heading: RegExp) => section(said, heading).map(({ name }) => name);
  // where apt refuses, nothing comes
  const coming = isFine
    ? [
        ...section(said, /^The following NEW packages will be installed:$/),
        ...section(said, /^The following packages will be upgraded:$/),
        ...section(said, /^The following packages will be DOWNGRADED:$/),
      ]
    : [];
  return {
    comes: coming.map(({ name, from, version }) => ({
      name,
      from,
      to: version,
      ...(left.has(name) ? { hasConfiguration: true } : {}),
    })),
    goes: section(said, /^The following packages will be REMOVED:$/).map(({ name, version }) => ({
      name,
      version: versions.get(name) ?? version,
      named: named.has(name),
    })),
    finishes: /^\d+ upgraded.*, [1-9]\d* reinstalled|^[1-9]\d* not fully installed or removed/m.test(said),
    held: names(/^The following held packages will be changed:$/),
    downgraded: names(/^The following packages will be DOWNGRADED:$/),
    essential: names(/^This should NOT be done unless you know exactly what you are doing!$/),
    ambiguous: ambiguousIn(said),
    refusal: isFine ? undefined : refusalIn(said),
  };
}

/** A package as it is listed: `curl (8.1)`, `curl (8.0 => 8.1)`; with a star where it is purged. */
interface Listed {
  readonly name: string;
  /** The version that is there, where another one comes. */
  readonly from: string | undefined;
  /** Empty in a list without versions. */
  readonly version: string;
}

const listedPackage = /^ +([^\s*]+)\*?(?: \((?:(\S+) => )?(\S+)\))?/;

/** The packages that are listed, each on a line of its own, below a heading. */
function section(said: string, heading: RegExp): Listed[] {
  const all = said.split("\n");
  const at = all.findIndex((line) => heading.test(line));
  if (at < 0) return [];
  const rest = all.slice(at + 1);
  const end = rest.findIndex((line) => !line.startsWith("  "));
  return rest.slice(0, end < 0 ? rest.length : end).flatMap((line) => {
    const [, name, from, version = ""] = listedPackage.exec(line) ?? [];
    return name === undefined ? [] : [{ name, from, version }];
  });
}

/** Each provider stands on a line of its own, with its version. */
function ambiguousIn(said: string): Ambiguous[] {
  const found = said.matchAll(/^Package (\S+) is a virtual package provided by:\n((?: +\S.*\n?)+)/gm);
  return [...found].map(([, name = "", listed = ""]) => ({
    name,
    providers: [...listed.matchAll(/^ +(\S+)/gm)].map(([, provider = ""]) => provider),
  }));
}

/** Which dependencies can't be met, where apt says so; else its errors. */
function refusalIn(said: string): string {
  const [, unmet] = /^The following packages have unmet dependencies:\n((?: .*\n?)+)/m.exec(said) ?? [];
  if (unmet !== undefined)
    return unmet
      .trim()
      .split("\n")
      .map((line) => line.trim().replace(/\s+/g, " ").replace(" : ", ": "))
      .join("; ");
  const errors = [...said.matchAll(/^E: (.*)$/gm)].map(([, error = ""]) => error);
  return errors.join("; ") || said.trim().split("\n").slice(-3).join("; ");
}
