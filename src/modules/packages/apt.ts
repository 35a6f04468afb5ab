import { milliseconds } from "../../core/base/duration.ts";
import { type Static, type TObject, Type } from "../../core/base/schema.ts";
import { type Change, change } from "../../core/facts/change.ts";
import type { Touch } from "../../core/facts/fact.ts";
import { defineModule } from "../../core/tasks/module.ts";
import { fail, type Plan, type PlanHost } from "../../core/tasks/task.ts";
import { debFile } from "../../facts/deb-file.ts";
import {
  freshPackageLists,
  type Offer,
  packageOffer,
  unneededPackages,
  upgradablePackages,
} from "../../facts/package-lists.ts";
import { dpkgInterrupted, installedPackage, packageTraces, packageVersion } from "../../facts/packages.ts";
import { DurationParam } from "../util/duration-param.ts";
import { aptGet, finishInterrupted, updateLists } from "./apt-get.ts";
import { isVersion, type PackageSpec, packagePattern, parsePackage } from "./package-spec.ts";

/** What `apt` gives. */
export interface AptValue {
  /** The packages that were missing, or of another version. */
  readonly installed: readonly string[];
  /** The packages that were there and must not be. */
  readonly removed: readonly string[];
}

const params = {
  name: Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String())], {
      description:
        "packages: `curl`, with an architecture `libc6:i386`, with a version `nginx=1.22.1-9` or `nginx=1.22.*`; virtual ones, too",
    }),
  ),
  state: Type.Optional(
    Type.Union([Type.Literal("present"), Type.Literal("latest"), Type.Literal("absent")], {
      default: "present",
      description: "`latest`: the version that the package lists offer",
    }),
  ),
  purge: Type.Optional(
    Type.Boolean({ default: false, description: "with `absent`: remove their configuration as well" }),
  ),
  updateCache: Type.Optional(
    Type.Boolean({
      description:
        "true: fetch the package lists before installing if they are older than `cacheValidTime`; false: never. Left out: only if a package is not in them",
    }),
  ),
  cacheValidTime: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: "seconds for which the package lists are good; implies `updateCache`. 3600 if left out",
    }),
  ),
  installRecommends: Type.Optional(
    Type.Boolean({ description: "install recommended packages as well. Left out: as the host's apt is set" }),
  ),
  onlyUpgrade: Type.Optional(
    Type.Boolean({
      default: false,
      description: "with `latest` or versions: leave packages alone that are not installed",
    }),
  ),
  deb: Type.Optional(
    Type.String({
      pattern: "^/.*\\.deb$",
      description:
        "a package file on the host, to be installed with what it depends on, unless that version or a later one is there; or give `name`",
    }),
  ),
  lockTimeout: Type.Optional(
    DurationParam("how long to wait for another process that installs packages. 5 m if left out"),
  ),
  defaultRelease: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z0-9][A-Za-z0-9./_-]*$",
      description: "the release to prefer: `bookworm-backports`",
    }),
  ),
  allowDowngrade: Type.Optional(
    Type.Boolean({ default: false, description: "let a version be replaced by an older one" }),
  ),
  upgrade: Type.Optional(
    Type.Union([Type.Literal("none"), Type.Literal("safe"), Type.Literal("full")], {
      default: "none",
      description:
        "upgrade all packages: `safe` adds and removes none, `full` does what it takes (apt-get dist-upgrade)",
    }),
  ),
  autoremove: Type.Optional(
    Type.Boolean({
      default: false,
      description: "remove packages that were installed for others and are needed no more",
    }),
  ),
};

type Params = Static<TObject<typeof params>>;

/** How long lists count as just fetched: fetching them again would bring nothing. Seconds. */
const justFetched = 300;

/** Lists of any age will do, as long as there are some. Seconds. */
const everSince = Number.MAX_SAFE_INTEGER;

/** What else an installation may alter: other packages come along, or get another version. */
const alongside: readonly Touch[] = [
  "arrivals",
  "services",
  packageVersion.of(),
  upgradablePackages.of(),
  unneededPackages.of(),
];

/**
 * Installs, upgrades and removes Debian packages with apt-get.
 *
 * It asks nothing (`DEBIAN_FRONTEND=noninteractive`), keeps configuration files that were edited, and waits
 * (`lockTimeout`) for another apt to finish. An installation that was cut off, with the host or with the command, is
 * finished first: apt would refuse to work. Where nothing is missing it reads dpkg's state only; the package lists
 * are read, and fetched if need be, when there is something to install.
 *
 * @throws ShowrunnerError `task.failed` if the package lists know no such package, `change.failed` with apt's last lines
 *
 * @example
 * await apt({ name: ["nginx", "rsync"], cacheValidTime: 3600 });
 * await apt({ name: "apache2", state: "absent", purge: true });
 */
export const apt = defineModule({
  name: "apt",
  summary: "Installs, upgrades and removes Debian packages.",
  params,
  examples: [
    `apt({ name: "nginx" })`,
    `apt({ name: ["curl", "nginx=1.22.*"], cacheValidTime: 3600 })`,
    `apt({ name: "apache2", state: "absent", purge: true })`,
    `apt({ upgrade: "safe", updateCache: true })`,
    `apt({ name: ["openssl", "openssh-server"], state: "latest", onlyUpgrade: true })`,
    `apt({ deb: "/srv/packages/agent_2.1_amd64.deb" })`,
  ],
  title: (p) => p.deb || names(p).join(", ") || (upgradeOf(p) ? `upgrade ${upgradeOf(p)}` : "package lists"),
  check(p) {
    if (
      p.name === undefined &&
      p.deb === undefined &&
      !wantsLists(p) &&
      !upgradeOf(p) &&
      p.autoremove !== true
    )
      fail("there is nothing to do", "give `name`, `deb`, `updateCache`, `upgrade` or `autoremove`");
    if (p.updateCache === false && p.cacheValidTime !== undefined)
      fail("`updateCache: false` and `cacheValidTime` exclude each other");
    if (p.purge === true && p.state !== "absent") fail('`purge` goes with `state: "absent"` only');
    if (p.deb !== undefined && p.state !== "present") fail('`deb` goes with `state: "present"` only');
    const odd = names(p).find((name) => !packagePattern.test(name));
    if (odd !== undefined)
      fail(
        `${JSON.stringify(odd)} is no package's name`,
        "expected one such as `curl`, `libc6:i386` or `nginx=1.22.*`; patterns are not taken",
      );
    const versioned = names(p).find((name) => name.includes("="));
    if (versioned !== undefined && p.state !== "present")
      fail(`${versioned} names a version, which goes with \`state: "present"\` only`);
    if (p.onlyUpgrade === true && p.name === undefined) fail("`onlyUpgrade` needs `name`");
    if (p.name !== undefined && p.deb !== undefined) fail("`name` and `deb` exclude each other");
    if (p.onlyUpgrade === true && p.state !== "latest" && !names(p).every((name) => name.includes("=")))
      fail('`onlyUpgrade` goes with `state: "latest"`, or with versions');
  },
  async *plan(host, p) {
    const specs = names(p).map(parsePackage);
    const reach = upgradeOf(p);
    yield* finish(host, p, specs);
    // without a package to install, fresh lists are what was asked for; else they serve an installation only
    if (wantsLists(p) && (specs.length === 0 || p.state === "latest" || reach)) yield* refresh(host, p);
    if (reach) yield* upgrade(host, p, reach);
    const value: AptValue = {
      installed:
        p.state === "absent"
          ? []
          : [
              ...(yield* install(host, p, specs)),
              ...(p.deb === undefined ? [] : yield* installFile(host, p, p.deb)),
            ],
      removed: p.state === "absent" ? yield* remove(host, p, specs) : [],
    };
    if (p.autoremove === true) yield* autoremove(host, p);
    return value;
  },
});

function upgradeOf({ upgrade }: Params): "safe" | "full" | undefined {
  return upgrade === "none" ? undefined : upgrade;
}

function wantsLists({ updateCache, cacheValidTime }: Params): boolean {
  return updateCache === true || cacheValidTime !== undefined;
}

function names({ name = [] }: Params): string[] {
  return typeof name === "string" ? [name] : [...new Set(name)];
}

/** Finishes what was cut off. What will be asked of dpkg anyway is asked along, in the same round trip. */
async function* finish(host: PlanHost, p: Params, specs: readonly PackageSpec[]): Plan<void> {
  const ask = { present: isLacking, absent: isThere, latest: undefined }[p.state ?? "present"];
  const [interrupted] = await Promise.all([
    host.fact(dpkgInterrupted, ""),
    p.deb === undefined ? undefined : host.fact(debFile, p.deb),
    ...(ask ? specs.map((spec) => ask(host, p, spec)) : []),
  ]);
  if (!interrupted) return;
  yield change({
    what: "interrupted installation",
    before: "cut off",
    after: "finished",
    script: finishInterrupted,
    sets: [dpkgInterrupted.is("", false)],
    touches: [...alongside, installedPackage.of(), packageTraces.of()],
  });
}

/** Fetches the package lists if they are too old. */
async function* refresh(host: PlanHost, p: Params): Plan<void> {
  const { cacheValidTime: within = 3600 } = p;
  const fresh = within > 0 && (await host.fact(freshPackageLists, { within }));
  if (!fresh) yield fetchLists(within, lockTimeoutOf(p));
}

function lockTimeoutOf({ lockTimeout = 300 }: Params): number {
  return Math.ceil(milliseconds(lockTimeout) / 1000);
}

function fetchLists(within: number, lockTimeout: number): Change {
  return change({
    what: "package lists",
    before: "old",
    after: "fetched",
    script: updateLists(lockTimeout),
    sets: [...new Set([within, justFetched])]
      .filter((seconds) => seconds > 0)
      .map((seconds) => freshPackageLists.is({ within: seconds }, true)),
    touches: [packageOffer.of(), upgradablePackages.of(), freshPackageLists.of()],
  });
}

/** A package with what the host and the package lists say of it. */
interface Wanted {
  readonly spec: PackageSpec;
  readonly lacking: boolean;
}

/** @returns the names of the packages that were missing, or of another version */
async function* install(host: PlanHost, p: Params, specs: readonly PackageSpec[]): Plan<string[]> {
  const release = p.defaultRelease ?? "";
  const wanted = await Promise.all(
    specs.map(async (spec): Promise<Wanted> => ({ spec, lacking: await isLacking(host, p, spec) })),
  );
  const lacking = wanted.filter((one) => one.lacking).map(({ spec }) => spec);
  if (lacking.length === 0) return [];
  if (wantsLists(p) && p.state !== "latest") yield* refresh(host, p);
  const lookUp = () => Promise.all(lacking.map(({ name }) => host.fact(packageOffer, { name, release })));
  let offers = await lookUp();
  const isMissing = () => lacking.some((spec, index) => !isOffered(spec, offers[index]));
  if (
    p.updateCache !== false &&
    isMissing() &&
    !(await host.fact(freshPackageLists, { within: justFetched }))
  ) {
    yield fetchLists(justFetched, lockTimeoutOf(p));
    offers = await lookUp();
  }
  const targets = lacking.map((spec, index) => target(p, spec, offers[index]));
  for (const [index, spec] of lacking.entries()) requireOffered(host, spec, offers[index]);
  yield change({
    what: `install ${targets.map(({ word }) => word).join(", ")}`,
    script: aptGet("install", {
      options: installOptions(p),
      names: targets.map(({ word }) => word),
      lockTimeout: lockTimeoutOf(p),
    }),
    sets: targets.flatMap(({ name, version }) => [
      installedPackage.is(name, true),
      ...(version === undefined ? [] : [packageVersion.is(name, version)]),
    ]),
    touches: alongside,
  });
  return targets.map(({ name }) => name);
}

async function isLacking(host: PlanHost, p: Params, { name, version }: PackageSpec): Promise<boolean> {
  if (version !== undefined) {
    const now = await host.fact(packageVersion, name);
    return now === undefined ? p.onlyUpgrade !== true : !isVersion(version, now);
  }
  if (p.state !== "latest") return !(await host.fact(installedPackage, name));
  const [installed, now, offer] = await Promise.all([
    host.fact(installedPackage, name),
    host.fact(packageVersion, name),
    host.fact(packageOffer, { name, release: p.defaultRelease ?? "" }),
  ]);
  if (p.onlyUpgrade === true && !installed) return false;
  return offer.kind === "package" ? now !== offer.version : !installed;
}

/** @returns the name of the package in the file, if it was missing or older */
async function* installFile(host: PlanHost, p: Params, path: string): Plan<string[]> {
  const found = await host.fact(debFile, path);
  host.require(
    found !== undefined,
    `${path} is no package file on the host`,
    "copy it there before: copy({ src, dest })",
  );
  if (!found || found.installed === "same") return [];
  if (found.installed === "later" && p.allowDowngrade !== true) return [];
  // what it depends on is in the lists
  if (wantsLists(p)) yield* refresh(host, p);
  else if (p.updateCache !== false && !(await host.fact(freshPackageLists, { within: everSince })))
    yield fetchLists(everSince, lockTimeoutOf(p));
  const { name, version } = found;
  yield change({
    what: `install ${name}=${version}`,
    after: path,
    script: aptGet("install", { options: installOptions(p), names: [path], lockTimeout: lockTimeoutOf(p) }),
    sets: [
      installedPackage.is(name, true),
      packageVersion.is(name, version),
      debFile.is(path, { ...found, installed: "same" }),
    ],
    touches: alongside,
  });
  return [name];
}

interface Target {
  readonly name: string;
  /** As apt-get takes it. */
  readonly word: string;
  /** The version that it will have, where that is known. */
  readonly version: string | undefined;
}

function target(p: Params, { name, version: asked }: PackageSpec, offer: Offer | undefined): Target {
  const found = offer?.kind === "package" ? offer : undefined;
  if (asked === undefined)
    return { name, word: name, version: p.state === "latest" ? found?.version : undefined };
  const version = found?.versions.find((one) => isVersion(asked, one));
  if (version !== undefined) return { name, word: `${name}=${version}`, version };
  return { name, word: `${name}=${asked}`, version: asked.endsWith("*") ? undefined : asked };
}

function isOffered({ version }: PackageSpec, offer: Offer | undefined): boolean {
  if (offer === undefined || offer.kind === "unknown") return false;
  if (version === undefined) return true;
  return offer.kind === "package" && offer.versions.some((one) => isVersion(version, one));
}

function requireOffered(host: PlanHost, spec: PackageSpec, offer: Offer | undefined): void {
  const { name, version } = spec;
  if (offer?.kind === "package" && version !== undefined)
    host.require(
      isOffered(spec, offer),
      `there is no version ${version} of the package ${name}: the package lists offer ${offer.versions.join(", ")}`,
      "name one of these, or add the repository that has it",
    );
  else
    host.require(
      isOffered(spec, offer),
      `unable to locate package ${name}: no package list of this host has it`,
      `check the spelling (\`apt-cache search ${name.split(":")[0]}\` on the host searches), or add the repository that has it first`,
    );
}

function installOptions({ installRecommends, defaultRelease, allowDowngrade }: Params): string[] {
  const options: string[] = [];
  if (installRecommends !== undefined)
    options.push(installRecommends ? "--install-recommends" : "--no-install-recommends");
  if (defaultRelease !== undefined) options.push("-t", defaultRelease);
  if (allowDowngrade === true) options.push("--allow-downgrades");
  return options;
}

/** Whether there is something to remove. */
async function isThere(host: PlanHost, { purge }: Params, { name }: PackageSpec): Promise<boolean> {
  return purge === true
    ? host.fact(packageTraces, name)
    : (await host.fact(packageVersion, name)) !== undefined;
}

/** @returns the names of the packages that were there */
async function* remove(host: PlanHost, p: Params, specs: readonly PackageSpec[]): Plan<string[]> {
  const purge = p.purge === true;
  const present = await Promise.all(specs.map((spec) => isThere(host, p, spec)));
  const found = specs.filter((_, index) => present[index]).map(({ name }) => name);
  if (found.length === 0) return [];
  yield change({
    what: `${purge ? "purge" : "remove"} ${found.join(", ")}`,
    script: aptGet(purge ? "purge" : "remove", { names: found, lockTimeout: lockTimeoutOf(p) }),
    sets: found.flatMap((name) => [
      packageVersion.is(name, undefined),
      ...(purge ? [packageTraces.is(name, false)] : []),
    ]),
    // what depends on it goes with it: packages, files, units, services
    touches: ["everything"],
  });
  return found;
}

async function* upgrade(host: PlanHost, p: Params, reach: "safe" | "full"): Plan<void> {
  const packages = await host.fact(upgradablePackages, reach);
  if (packages.length === 0) return;
  yield change({
    what: `upgrade ${packages.length} packages`,
    after: packages.join(", "),
    script: aptGet(reach === "safe" ? "upgrade" : "dist-upgrade", {
      options: installOptions(p),
      lockTimeout: lockTimeoutOf(p),
    }),
    sets: [upgradablePackages.is(reach, [])],
    touches: reach === "safe" ? alongside : ["everything"],
  });
}

async function* autoremove(host: PlanHost, p: Params): Plan<void> {
  const packages = await host.fact(unneededPackages, "");
  if (packages.length === 0) return;
  yield change({
    what: `remove ${packages.join(", ")}, needed no more`,
    script: aptGet("autoremove", { lockTimeout: lockTimeoutOf(p) }),
    sets: [unneededPackages.is("", [])],
    touches: ["everything"],
  });
}
