/** What `apt` is told, and how it is read. */
import { milliseconds, Param, type Static, type TObject, Type, withDefault } from "../../kit/index.ts";

export const aptParams = {
  /**
   * Packages: `curl`, with an architecture `libc6:i386`, with a version `nginx=1.22.1-9` or `nginx=1.22.*`;
   * virtual ones, too.
   */
  name: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  /** `latest`: the version that the package lists offer. Default: "present". */
  state: Type.Optional(
    Type.Union([Type.Literal("present"), Type.Literal("latest"), Type.Literal("absent")], {
      default: "present",
    }),
  ),
  /** With `absent`: remove their configuration as well. Default: false. */
  purge: Param.flag(),
  /**
   * true: fetch the package lists before installing if they are older than `cacheValidTime`; false: never. Left
   * out: only if a package is not in them.
   */
  updateCache: Type.Optional(Type.Boolean()),
  /** Seconds for which the package lists are good; implies `updateCache`. 3600 if left out. */
  cacheValidTime: Type.Optional(Type.Integer({ minimum: 0 })),
  /** Install recommended packages as well. Left out: as the host's apt is set. */
  installRecommends: Type.Optional(Type.Boolean()),
  /** With `latest` or versions: leave packages alone that are not installed. Default: false. */
  onlyUpgrade: Param.flag(),
  /**
   * A package file on the host, where nobody but root can exchange it, to be installed with what it depends on,
   * unless that version or a later one is there; or give `name`.
   */
  deb: Type.Optional(Type.String({ pattern: "^/.*\\.deb$" })),
  /** How long to wait for another process that installs packages: seconds, or a text such as "2s". Default: "5m". */
  lockTimeout: withDefault(Param.duration(), "5m"),
  /** The release to prefer: `bookworm-backports`. */
  defaultRelease: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9./_-]*$" })),
  /** Let a version be replaced by an older one. Default: false. */
  allowDowngrade: Param.flag(),
  /**
   * Let packages be removed that are not named: what conflicts with a new one, what depends on a removed one.
   * Default: false.
   */
  allowRemovals: Param.flag(),
  /** Let packages be changed that are on hold (apt-mark hold). Default: false. */
  allowChangeHeldPackages: Param.flag(),
  /**
   * Upgrade all packages: `safe` adds and removes none, `full` does what it takes (apt-get dist-upgrade), with
   * `allowRemovals` removals, too. Default: "none".
   */
  upgrade: withDefault(Param.oneOf("none", "safe", "full"), "none"),
  /** Remove packages that were installed for others and are needed no more. Default: false. */
  autoremove: Param.flag(),
};

/** The parameters of a task, with their defaults. */
export type AptSettings = Static<TObject<typeof aptParams>>;

export function upgradeOf({ upgrade }: AptSettings): "safe" | "full" | undefined {
  return upgrade === "none" ? undefined : upgrade;
}

export function wantsLists({ updateCache, cacheValidTime }: AptSettings): boolean {
  return updateCache || cacheValidTime !== undefined;
}

export function names({ name = [] }: AptSettings): string[] {
  return typeof name === "string" ? [name] : [...new Set(name)];
}

export function lockTimeoutOf({ lockTimeout }: AptSettings): number {
  return Math.ceil(milliseconds(lockTimeout) / 1000);
}

/** What an installation is told, in its dry run as well. */
export function installOptions(p: AptSettings): string[] {
  const { installRecommends, defaultRelease, allowDowngrade, onlyUpgrade } = p;
  const options = heldOptions(p);
  if (installRecommends !== undefined)
    options.push(installRecommends ? "--install-recommends" : "--no-install-recommends");
  if (defaultRelease !== undefined) options.push("-t", defaultRelease);
  if (allowDowngrade) options.push("--allow-downgrades");
  if (onlyUpgrade) options.push("--only-upgrade");
  return options;
}

export function heldOptions({ allowChangeHeldPackages }: AptSettings): string[] {
  return allowChangeHeldPackages ? ["--allow-change-held-packages"] : [];
}

/** Has apt itself refuse removals. */
export function keepOptions({ allowRemovals }: AptSettings): string[] {
  return allowRemovals ? [] : ["--no-remove"];
}
