/** Installs packages by their names. */

import { aptOffer, freshAptLists, type Offer } from "../../facts/apt-lists.ts";
import { dpkgFiles, dpkgPackage, dpkgVersion } from "../../facts/dpkg.ts";
import type { Plan, PlanHost } from "../../kit/index.ts";
import { type AptSettings, lockTimeoutOf, wantsLists } from "./apt-params.ts";
import { type AptValue, nothingDone } from "./apt-value.ts";
import { installing } from "./installing.ts";
import { automaticOnes, markManual } from "./mark-manual.ts";
import { isVersion, type PackageSpec } from "./package-spec.ts";
import { fetchLists, justFetched, refresh } from "./refresh-lists.ts";

/** A package with what the host and the package lists say of it. */
interface Wanted {
  readonly spec: PackageSpec;
  readonly lacking: boolean;
}

export async function* install(
  host: PlanHost,
  p: AptSettings,
  specs: readonly PackageSpec[],
): Plan<AptValue> {
  const release = p.defaultRelease ?? "";
  const wanted = await Promise.all(
    specs.map(async (spec): Promise<Wanted> => ({ spec, lacking: await isLacking(host, p, spec) })),
  );
  const lacking = wanted.filter((one) => one.lacking).map(({ spec }) => spec);
  const all = specs.map(({ name }) => name);
  // to upgrade what happens to be there is not to want it
  const automatic = p.onlyUpgrade ? [] : await automaticOnes(host, all);
  if (lacking.length === 0) {
    yield* markManual(automatic);
    return nothingDone;
  }
  if (wantsLists(p) && p.state !== "latest") yield* refresh(host, p);
  const lookUp = () => Promise.all(lacking.map(({ name }) => host.fact(aptOffer, { name, release })));
  let offers = await lookUp();
  const isMissing = () => lacking.some((spec, index) => !isOffered(spec, offers[index]));
  if (p.updateCache !== false && isMissing() && !(await host.fact(freshAptLists, { within: justFetched }))) {
    yield fetchLists(justFetched, lockTimeoutOf(p));
    offers = await lookUp();
  }
  const targets = lacking.map((spec, index) => target(p, spec, offers[index]));
  for (const [index, spec] of lacking.entries()) requireOffered(host, spec, offers[index]);
  // what is there already is marked behind this, or by apt
  const installed = await Promise.all(targets.map(({ name }) => host.fact(dpkgPackage, name)));
  const isThere = new Set(targets.filter((_, index) => installed[index] !== "no").map(({ name }) => name));
  const words = targets.map(({ word }) => word);
  const removed = yield* installing(host, p, {
    doing: `install ${words.join(", ")}`,
    words,
    sets: targets.flatMap(({ name, version, virtual }) => [
      ...(isThere.has(name) ? [] : [dpkgPackage.is(name, virtual ? "provided" : "manual")]),
      ...(version === undefined ? [] : [dpkgVersion.is(name, version), dpkgFiles.is(name, true)]),
    ]),
  });
  yield* markManual(automatic);
  return { installed: targets.map(({ name }) => name), removed };
}

export async function isLacking(
  host: PlanHost,
  p: AptSettings,
  { name, version }: PackageSpec,
): Promise<boolean> {
  if (version !== undefined) {
    const [now] = await Promise.all([host.fact(dpkgVersion, name), host.fact(dpkgPackage, name)]);
    return now === undefined ? !p.onlyUpgrade : !isVersion(version, now);
  }
  if (p.state !== "latest") return (await host.fact(dpkgPackage, name)) === "no";
  const [installed, now, offer] = await Promise.all([
    host.fact(dpkgPackage, name),
    host.fact(dpkgVersion, name),
    host.fact(aptOffer, { name, release: p.defaultRelease ?? "" }),
  ]);
  if (p.onlyUpgrade && installed === "no") return false;
  return offer.kind === "package" ? now !== offer.version : installed === "no";
}

interface Target {
  readonly name: string;
  /** As apt-get takes it. */
  readonly word: string;
  /** The version that it will have, where that is known. */
  readonly version: string | undefined;
  /** Whether it is a virtual package, which others provide. */
  readonly virtual: boolean;
}

function target(p: AptSettings, { name, version: asked }: PackageSpec, offer: Offer | undefined): Target {
  const found = offer?.kind === "package" ? offer : undefined;
  const virtual = offer?.kind === "virtual";
  if (asked === undefined)
    return { name, word: name, version: p.state === "latest" ? found?.version : undefined, virtual };
  const version = found?.versions.find((one) => isVersion(asked, one));
  if (version !== undefined) return { name, word: `${name}=${version}`, version, virtual };
  return { name, word: `${name}=${asked}`, version: asked.endsWith("*") ? undefined : asked, virtual };
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
