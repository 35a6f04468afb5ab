/** APT's package lists: how old they are, and what they offer. */
import { defineFact, lines, rawScript, type Script, sh } from "../kit/index.ts";

/** Seconds. */
interface Age {
  readonly [name: string]: unknown;
  readonly within: number;
}

/** APT's sources, preferences and settings, which decide what is offered. */
const configuration = () => ["/etc/apt"];

/** Whether there are package lists, and they were fetched within so many seconds, from the sources there are now. */
export const freshAptLists = defineFact<Age, boolean>({
  name: "apt.lists.fresh",
  restsOn: () => ["/etc/apt/sources.list", "/etc/apt/sources.list.d"],
  script: () =>
    rawScript(`fetched=/var/lib/apt/lists stamp=/var/lib/apt/periodic/update-success-stamp
[ ! "$stamp" -nt "$fetched" ] || fetched=$stamp
date +%s
stat -c %Y "$fetched" 2>/dev/null || echo 0
set -- /var/lib/apt/lists/*_Packages*
if [ -e "$1" ]; then echo filled; else echo empty; fi
find /etc/apt/sources.list /etc/apt/sources.list.d -newer "$fetched" 2>/dev/null | head -n 1`),
  parse(stdout, keys) {
    const [now = "", fetched = "", filled, newerSource] = stdout.toString().split("\n");
    const age = Number(now) - Number(fetched);
    const isWhole = filled === "filled" && newerSource === "";
    return new Map(keys.map((key) => [key, isWhole && age < key.within]));
  },
});

/** What to look up, and the release to prefer, or none: `""`. */
interface Offered {
  readonly [name: string]: unknown;
  readonly name: string;
  readonly release: string;
}

/** What the package lists offer under a name. */
export type Offer =
  | {
      readonly kind: "package";
      /** The version that an installation would bring. */
      readonly version: string;
      /** All versions on offer, the installed one included, newest first. */
      readonly versions: readonly string[];
    }
  /** Some other package provides it. */
  | { readonly kind: "virtual" }
  | { readonly kind: "unknown" };

/**
 * Asks APT again when it fails: while another one installs packages, its cache is now and then for a moment "out of
 * sync" with dpkg's state.
 */
const patiently = rawScript(`patiently() {
  for try in 1 2 3; do
    if said=$("$@" 2>/dev/null); then printf '%s\\n' "$said"; return; fi
    sleep 1
  done
  "$@"
}`);

const endOfPolicy = "== provided";

/** What the package lists offer. Slower than dpkg's facts (apt reads all lists), so asked for before changes only. */
export const aptOffer = defineFact<Offered, Offer>({
  name: "apt.offer",
  restsOn: configuration,
  script: (keys) =>
    lines(
      patiently,
      rawScript(keys.some(isOfArchitecture) ? "dpkg --print-architecture || exit" : "echo"),
      ...byRelease(keys).map(([release, names]) => policy(release, names)),
    ),
  parse(stdout, keys) {
    const [native = ""] = stdout.toString().split("\n", 1);
    const sections = stdout
      .toString()
      .slice(native.length + 1)
      .split(`${endOfSection}\n`);
    const offers = new Map(
      byRelease(keys).map(([release], index) => [release, parsePolicy(sections[index] ?? "")]),
    );
    // apt leaves the host's own architecture out of its answer
    const ownName = (name: string) =>
      native !== "" && name.endsWith(`:${native}`) ? name.slice(0, -native.length - 1) : name;
    return new Map(
      keys.map((key) => [key, offers.get(key.release)?.get(ownName(key.name)) ?? { kind: "unknown" }]),
    );
  },
});

const endOfSection = "== end";

/** Whether a name has an architecture: only then it counts which one is the host's. */
function isOfArchitecture({ name }: Offered): boolean {
  return name.includes(":");
}

function byRelease(keys: readonly Offered[]): [string, string[]][] {
  const names = new Map<string, string[]>();
  for (const { name, release } of keys) names.set(release, [...(names.get(release) ?? []), name]);
  return [...names];
}

/** Names without a candidate are looked up once more: they are virtual if something provides them. */
function policy(release: string, names: readonly string[]): Script {
  const options = prefer(release);
  return lines(
    sh`policy=$(patiently apt-cache ${options} policy -- ${names}) || exit`,
    rawScript(`printf '%s\\n${endOfPolicy}\\n' "$policy"
without=$(printf '%s\\n' "$policy" | sed -n -e '/^[^ ].*:$/h' -e '/^  Candidate: (none)$/{g;s/:$//;p;}')
if [ -n "$without" ]; then patiently apt-cache showpkg -- $without; fi
echo '${endOfSection}'`),
  );
}

/** The options that have apt prefer a release. */
function prefer(release: string): string[] {
  return release === "" ? [] : ["-o", `APT::Default-Release=${release}`];
}

/** ` *** 5.2.15-2 100`; Ubuntu adds how many of its hosts are offered it yet: `     2.4.7 500 (phased 20%)`. */
const policyVersion = /^ (?:\*\*\*| {3}) (\S+) -?\d+(?: \(phased \d+%\))?$/gm;

/** Reads `apt-cache policy` and `apt-cache showpkg`. */
function parsePolicy(text: string): ReadonlyMap<string, Offer> {
  const [policies = "", packages = ""] = text.split(`${endOfPolicy}\n`);
  const offers = new Map<string, Offer>();
  for (const stanza of policies.split(/\n(?=\S)/)) {
    const name = /^(\S+):$/m.exec(stanza)?.[1];
    const version = /^ {2}Candidate: (.+)$/m.exec(stanza)?.[1];
    if (name === undefined || version === undefined || version === "(none)") continue;
    const versions = [...stanza.matchAll(policyVersion)].map(([, one = ""]) => one);
    offers.set(name, { kind: "package", version, versions });
  }
  for (const stanza of packages.split(/^(?=Package: )/m)) {
    const name = /^Package: (\S+)$/m.exec(stanza)?.[1];
    const [, providers = ""] = stanza.split("Reverse Provides: \n");
    if (name !== undefined && providers.trim() !== "") offers.set(name, { kind: "virtual" });
  }
  return offers;
}
