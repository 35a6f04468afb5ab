/** Installs packages by their names. */
import { change } from "../../core/facts/change.ts";
import type { Plan, PlanHost } from "../../core/tasks/task.ts";
import { freshPackageLists, type Offer, packageOffer } from "../../facts/package-lists.ts";
import { installedPackage, packageFiles, packageVersion } from "../../facts/packages.ts";
import { alongside } from "./alongside.ts";
import { aptGet } from "./apt-get.ts";
import { type AptParams, installOptions, lockTimeoutOf, wantsLists } from "./apt-params.ts";
import { isVersion, type PackageSpec } from "./package-spec.ts";
import { fetchLists, justFetched, refresh } from "./refresh-lists.ts";

/** A package with what the host and the package lists say of it. */
interface Wanted {
  readonly spec: PackageSpec;
  readonly lacking: boolean;
}

/** @returns the names of the packages that were missing, or of another version */
export async function* install(host: PlanHost, p: AptParams, specs: readonly PackageSpec[]): Plan<string[]> {
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
      ...(version === undefined ? [] : [packageVersion.is(name, version), packageFiles.is(name, true)]),
    ]),
    touches: alongside,
  });
  return targets.map(({ name }) => name);
}

export async function isLacking(
  host: PlanHost,
  p: AptParams,
  { name, version }: PackageSpec,
): Promise<boolean> {
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

interface Target {
  readonly name: string;
  /** As apt-get takes it. */
  readonly word: string;
  /** The version that it will have, where that is known. */
  readonly version: string | undefined;
}

function target(p: AptParams, { name, version: asked }: PackageSpec, offer: Offer | undefined): Target {
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
