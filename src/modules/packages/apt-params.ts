/** What `apt` is told, and how it is read. */
import { milliseconds } from "../../core/base/duration.ts";
import { type Static, type TObject, Type } from "../../core/base/schema.ts";
import { DurationParam } from "../util/duration-param.ts";

export const aptParams = {
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
        "a package file on the host, where nobody but root can exchange it, to be installed with what it depends on, unless that version or a later one is there; or give `name`",
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
  allowRemovals: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "let packages be removed that are not named: what conflicts with a new one, what depends on a removed one",
    }),
  ),
  allowChangeHeldPackages: Type.Optional(
    Type.Boolean({ default: false, description: "let packages be changed that are on hold (apt-mark hold)" }),
  ),
  upgrade: Type.Optional(
    Type.Union([Type.Literal("none"), Type.Literal("safe"), Type.Literal("full")], {
      default: "none",
      description:
        "upgrade all packages: `safe` adds and removes none, `full` does what it takes (apt-get dist-upgrade), with `allowRemovals` removals, too",
    }),
  ),
  autoremove: Type.Optional(
    Type.Boolean({
      default: false,
      description: "remove packages that were installed for others and are needed no more",
    }),
  ),
};

export type AptParams = Static<TObject<typeof aptParams>>;

export function upgradeOf({ upgrade }: AptParams): "safe" | "full" | undefined {
  return upgrade === "none" ? undefined : upgrade;
}

export function wantsLists({ updateCache, cacheValidTime }: AptParams): boolean {
  return updateCache === true || cacheValidTime !== undefined;
}

export function names({ name = [] }: AptParams): string[] {
  return typeof name === "string" ? [name] : [...new Set(name)];
}

export function lockTimeoutOf({ lockTimeout = 300 }: AptParams): number {
  return Math.ceil(milliseconds(lockTimeout) / 1000);
}

/** What an installation is told, in its dry run as well. */
export function installOptions(p: AptParams): string[] {
  const { installRecommends, defaultRelease, allowDowngrade, onlyUpgrade } = p;
  const options = heldOptions(p);
  if (installRecommends !== undefined)
    options.push(installRecommends ? "--install-recommends" : "--no-install-recommends");
  if (defaultRelease !== undefined) options.push("-t", defaultRelease);
  if (allowDowngrade === true) options.push("--allow-downgrades");
  if (onlyUpgrade === true) options.push("--only-upgrade");
  return options;
}

export function heldOptions({ allowChangeHeldPackages }: AptParams): string[] {
  return allowChangeHeldPackages === true ? ["--allow-change-held-packages"] : [];
}

/** Has apt itself refuse removals: between the dry run and the installation the host may have become another. */
export function keepOptions({ allowRemovals }: AptParams): string[] {
  return allowRemovals === true ? [] : ["--no-remove"];
}
