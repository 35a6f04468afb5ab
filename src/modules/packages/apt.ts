import { cutOffInstallation } from "../../facts/cut-off-installation.ts";
import { debFile } from "../../facts/deb-file.ts";
import { dpkgInterrupted } from "../../facts/dpkg.ts";
import {
  change,
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  type Plan,
  type PlanHost,
  type RequiredInput,
} from "../../kit/index.ts";
import { anything } from "./alongside.ts";
import { finishInterrupted, installRest } from "./apt-get.ts";
import { type AptSettings, aptParams, lockTimeoutOf, names, upgradeOf, wantsLists } from "./apt-params.ts";
import type { AptValue } from "./apt-value.ts";
import { install, isLacking } from "./install.ts";
import { installFile } from "./install-file.ts";
import { type PackageSpec, packagePattern, parsePackage } from "./package-spec.ts";
import { refresh } from "./refresh-lists.ts";
import { autoremove, isThere, remove } from "./remove.ts";
import { upgrade } from "./upgrade.ts";

/** What `apt` takes. */
export interface AptParams extends RequiredInput<typeof aptParams>, OptionalInput<typeof aptParams> {}

/**
 * Installs, upgrades and removes Debian packages with apt-get.
 *
 * It asks nothing (`DEBIAN_FRONTEND=noninteractive`), keeps configuration files that were edited, and waits
 * (`lockTimeout`) for another apt to finish. An installation that was cut off, with the host or with the command, is
 * finished first, with all that it was to bring: apt would refuse to work, or forget what packages recommend. Where
 * nothing is missing it reads dpkg's state only; the package lists are read, and fetched if need be, when there is
 * something to install.
 *
 * All that comes and goes is shown. That a package goes which nobody named is refused before anything is changed, unless
 * `allowRemovals` is set. A check asks apt for a dry run, as does whatever removes or upgrades; an installation is
 * refused by apt itself, and a dry run then tells why.
 *
 * A package that came along with others and is named is marked as wanted, so that `autoremove` leaves it; with
 * `onlyUpgrade` only if it is upgraded, since apt itself marks it then.
 *
 * New packages alter no file that is there, so a check goes on as before. One that is replaced or removed may alter
 * anything, by its files and its scripts: what a check says of the tasks behind it is likely or unknown, unless the task's
 * `touches` says what is really altered.
 *
 * @throws ShowrunnerError `task.failed` if the package lists know no such package, or apt would refuse (a package on
 *   hold, a dependency that can't be met, an older version, an essential package) or remove what nobody named;
 *   `change.failed` with apt's last lines
 *
 * @example
 * await apt({ name: ["nginx", "rsync"], cacheValidTime: 3600 });
 * await apt({ name: "apache2", state: "absent", purge: true });
 */
export const apt: Module<AptParams, AptValue> = defineModule({
  name: "apt",
  summary: "Installs, upgrades and removes Debian packages.",
  params: aptParams,
  needs: { onlyUpgrade: "name" },
  onlyAbsent: ["purge"],
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
    if (p.name === undefined && p.deb === undefined && !wantsLists(p) && !upgradeOf(p) && !p.autoremove)
      fail("there is nothing to do", "give `name`, `deb`, `updateCache`, `upgrade` or `autoremove`");
    if (p.updateCache === false && p.cacheValidTime !== undefined)
      fail("`updateCache: false` and `cacheValidTime` exclude each other");
    if (p.name !== undefined && p.deb !== undefined) fail("`name` and `deb` exclude each other");
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
    if (p.onlyUpgrade && p.state !== "latest" && !names(p).every((name) => name.includes("=")))
      fail('`onlyUpgrade` goes with `state: "latest"`, or with versions');
  },
  async *plan(host, p) {
    const specs = names(p).map(parsePackage);
    const reach = upgradeOf(p);
    yield* finish(host, p, specs);
    // without a package to install, fresh lists are what was asked for; else they serve an installation only
    if (wantsLists(p) && ((specs.length === 0 && p.deb === undefined) || p.state === "latest" || reach))
      yield* refresh(host, p);
    yield* finishRest(host, p);
    const done: AptValue[] = [];
    if (reach) done.push(yield* upgrade(host, p, reach));
    if (p.state === "absent") done.push(yield* remove(host, p, specs));
    else done.push(yield* install(host, p, specs));
    if (p.deb !== undefined) done.push(yield* installFile(host, p, p.deb));
    if (p.autoremove && p.state !== "absent") done.push(yield* autoremove(host, p));
    return {
      installed: done.flatMap(({ installed }) => installed),
      removed: done.flatMap(({ removed }) => removed),
    };
  },
});

/** Finishes what was cut off. What will be asked of dpkg anyway is asked along, in the same round trip. */
async function* finish(host: PlanHost, p: AptSettings, specs: readonly PackageSpec[]): Plan<void> {
  const ask = { present: isLacking, absent: isThere, latest: undefined }[p.state ?? "present"];
  const [interrupted] = await Promise.all([
    host.fact(dpkgInterrupted, ""),
    host.fact(cutOffInstallation, ""),
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
    touches: [...anything, cutOffInstallation.of()],
  });
}

/** Installs what was to come along with what was cut off. It may need the package lists, so they are fetched before. */
async function* finishRest(host: PlanHost, p: AptSettings): Plan<void> {
  const rest = await host.fact(cutOffInstallation, "");
  if (rest.automatic.length === 0) return;
  yield change({
    what: "rest of an interrupted installation",
    before: "cut off",
    after: `with ${rest.automatic.join(", ")}`,
    script: installRest(rest, lockTimeoutOf(p)),
    sets: [cutOffInstallation.is("", { automatic: [], named: [] })],
    touches: anything,
  });
}
