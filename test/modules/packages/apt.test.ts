import { describe, expect, it } from "vitest";
import type { FactValue } from "../../../src/core/facts/fact.ts";
import { cutOffInstallation } from "../../../src/facts/cut-off-installation.ts";
import { debFile } from "../../../src/facts/deb-file.ts";
import {
  freshPackageLists,
  type Offer,
  packageOffer,
  unneededPackages,
  upgradablePackages,
} from "../../../src/facts/package-lists.ts";
import {
  dpkgInterrupted,
  installedPackage,
  packageFiles,
  packageTraces,
  packageVersion,
} from "../../../src/facts/packages.ts";
import { apt } from "../../../src/modules/packages/apt.ts";
import { idempotenceLaw, planTask } from "../../../src/testing/plan.ts";

const unknown: Offer = { kind: "unknown" };
const offered = (...versions: string[]): Offer => ({ kind: "package", version: versions[0] ?? "", versions });
const offer = (name: string, value: Offer, release = "") => packageOffer.is({ name, release }, value);
const missing = (name: string) => installedPackage.is(name, false);
const fresh = (within: number, value: boolean) => freshPackageLists.is({ within }, value);

const whole = [dpkgInterrupted.is("", false), cutOffInstallation.is("", { automatic: [], named: [] })];

interface Case {
  readonly name: string;
  readonly params: Parameters<typeof apt>[0];
  readonly facts: readonly FactValue[];
  readonly changes: readonly string[];
  /** Part of the last change's script. */
  readonly script?: string;
}

const agent = { name: "agent", version: "2.1" };
const file = "/srv/agent.deb";

const cases: readonly Case[] = [
  {
    name: "upgrades what is installed, and installs nothing",
    params: { name: ["curl", "rsync"], state: "latest", onlyUpgrade: true },
    facts: [
      missing("curl"),
      packageVersion.is("curl", undefined),
      offer("curl", offered("8")),
      installedPackage.is("rsync", true),
      packageVersion.is("rsync", "3"),
      offer("rsync", offered("4", "3")),
    ],
    changes: ["install rsync"],
  },
  {
    name: "leaves a version to who has the package",
    params: { name: "curl=8", onlyUpgrade: true },
    facts: [packageVersion.is("curl", undefined)],
    changes: [],
  },
  {
    name: "installs a package file with what it depends on",
    params: { deb: file, lockTimeout: "90s" },
    facts: [debFile.is(file, { ...agent, installed: "none" }), fresh(Number.MAX_SAFE_INTEGER, true)],
    changes: ["install agent=2.1"],
    script: "DPkg::Lock::Timeout=90",
  },
  {
    name: "installs a package file over an earlier version, once there are package lists",
    params: { deb: file },
    facts: [debFile.is(file, { ...agent, installed: "earlier" }), fresh(Number.MAX_SAFE_INTEGER, false)],
    changes: ["package lists", "install agent=2.1"],
    script: "install -- /srv/agent.deb",
  },
  {
    name: "fetches no lists for a package file that is installed",
    params: { deb: file, updateCache: true },
    facts: [debFile.is(file, { ...agent, installed: "same" })],
    changes: [],
  },
  {
    name: "leaves a later version than a package file's",
    params: { deb: file },
    facts: [debFile.is(file, { ...agent, installed: "later" })],
    changes: [],
  },
  {
    name: "goes back to a package file's version on demand",
    params: { deb: file, allowDowngrade: true, updateCache: false },
    facts: [debFile.is(file, { ...agent, installed: "later" })],
    changes: ["install agent=2.1"],
    script: "--allow-downgrades",
  },
  {
    name: "finishes an installation that was cut off, even where nothing else is to be done",
    params: { name: "curl" },
    facts: [dpkgInterrupted.is("", true), installedPackage.is("curl", true)],
    changes: ["interrupted installation"],
    script: "dpkg --force-confdef --force-confold --configure -a",
  },
  {
    name: "installs what an installation that was cut off was to bring along",
    params: { name: "curl" },
    facts: [
      cutOffInstallation.is("", { automatic: ["libsasl2-modules:amd64"], named: ["curl:amd64"] }),
      installedPackage.is("curl", true),
    ],
    changes: ["rest of an interrupted installation"],
    script: "--no-install-recommends install -- libsasl2-modules:amd64",
  },
  {
    name: "leaves to whoever asks again what an installation that was cut off was asked for",
    params: { name: "curl" },
    facts: [
      cutOffInstallation.is("", { automatic: [], named: ["wget:amd64"] }),
      installedPackage.is("curl", true),
    ],
    changes: [],
  },
  {
    name: "finishes an installation that was cut off before it installs",
    params: { name: "curl" },
    facts: [dpkgInterrupted.is("", true), missing("curl"), offer("curl", offered("7"))],
    changes: ["interrupted installation", "install curl"],
  },
  {
    name: "finishes an installation that was cut off before it removes",
    params: { name: "curl", state: "absent" },
    facts: [dpkgInterrupted.is("", true), packageFiles.is("curl", true)],
    changes: ["interrupted installation", "remove curl"],
  },
  {
    name: "leaves what is there alone, without a look at the package lists",
    params: { name: ["curl", "rsync"], cacheValidTime: 60 },
    facts: [installedPackage.is("curl", true), installedPackage.is("rsync", true)],
    changes: [],
  },
  {
    name: "installs all that is missing at once",
    params: { name: ["curl", "bash", "rsync"] },
    facts: [
      ...[missing("curl"), installedPackage.is("bash", true), missing("rsync")],
      ...[offer("curl", offered("7")), offer("rsync", offered("3"))],
    ],
    changes: ["install curl, rsync"],
    script: "install -- curl rsync",
  },
  {
    name: "installs a virtual package",
    params: { name: "mail-transport-agent" },
    facts: [missing("mail-transport-agent"), offer("mail-transport-agent", { kind: "virtual" })],
    changes: ["install mail-transport-agent"],
  },
  {
    name: "installs for another architecture",
    params: { name: "libc6:i386" },
    facts: [missing("libc6:i386"), offer("libc6:i386", offered("2"))],
    changes: ["install libc6:i386"],
    script: "install -- libc6:i386",
  },
  {
    name: "fetches old lists before it installs, where it was asked to",
    params: { name: "curl", updateCache: true },
    facts: [missing("curl"), fresh(3600, false), offer("curl", offered("7"))],
    changes: ["package lists", "install curl"],
  },
  {
    name: "does not fetch lists that are young enough",
    params: { name: "curl", cacheValidTime: 86_400 },
    facts: [missing("curl"), fresh(86_400, true), offer("curl", offered("7"))],
    changes: ["install curl"],
  },
  {
    name: "replaces another version by the one asked for",
    params: { name: "nginx=1.22.1-9", allowDowngrade: true },
    facts: [packageVersion.is("nginx", "1.24"), offer("nginx", offered("1.24", "1.22.1-9"))],
    changes: ["install nginx=1.22.1-9"],
    script: "--allow-downgrades install -- nginx=1.22.1-9",
  },
  {
    name: "resolves the beginning of a version to the newest that has it",
    params: { name: "nginx=1.22.*" },
    facts: [packageVersion.is("nginx", undefined), offer("nginx", offered("1.24", "1.22.10", "1.22.1"))],
    changes: ["install nginx=1.22.10"],
  },
  {
    name: "is content with a version that begins as asked",
    params: { name: "nginx=1.22.*" },
    facts: [packageVersion.is("nginx", "1.22.1")],
    changes: [],
  },
  {
    name: "brings the newest version on offer",
    params: { name: ["curl", "awk"], state: "latest", defaultRelease: "bookworm-backports" },
    facts: [
      ...[installedPackage.is("curl", true), packageVersion.is("curl", "7")],
      offer("curl", offered("8", "7"), "bookworm-backports"),
      ...[installedPackage.is("awk", true), packageVersion.is("awk", undefined)],
      offer("awk", { kind: "virtual" }, "bookworm-backports"),
    ],
    changes: ["install curl"],
    script: "-t bookworm-backports install -- curl",
  },
  {
    name: "passes on whether recommended packages are wanted",
    params: { name: "curl", installRecommends: false },
    facts: [missing("curl"), offer("curl", offered("7"))],
    changes: ["install curl"],
    script: "--no-install-recommends install",
  },
  {
    name: "removes what is installed and leaves its configuration",
    params: { name: ["apache2", "nginx"], state: "absent" },
    facts: [packageFiles.is("apache2", true), packageFiles.is("nginx", false)],
    changes: ["remove apache2"],
    script: "remove -- apache2",
  },
  {
    name: "removes what was unpacked and never configured, which no version tells of",
    params: { name: "nginx", state: "absent" },
    facts: [packageFiles.is("nginx", true), packageVersion.is("nginx", undefined)],
    changes: ["remove nginx"],
  },
  {
    name: "purges what was left behind",
    params: { name: "apache2", state: "absent", purge: true },
    facts: [packageTraces.is("apache2", true)],
    changes: ["purge apache2"],
    script: "purge -- apache2",
  },
  {
    name: "fetches the lists alone",
    params: { updateCache: true },
    facts: [fresh(3600, false)],
    changes: ["package lists"],
  },
  {
    name: "upgrades what can be upgraded",
    params: { upgrade: "full" },
    facts: [upgradablePackages.is({ reach: "full", release: "" }, ["bash 5.3", "libc6 2.40"])],
    changes: ["upgrade 2 packages"],
    script: "dist-upgrade",
  },
  {
    name: "upgrades to what the release has that is to be preferred",
    params: { upgrade: "safe", defaultRelease: "bookworm-backports" },
    facts: [
      upgradablePackages.is({ reach: "safe", release: "" }, []),
      upgradablePackages.is({ reach: "safe", release: "bookworm-backports" }, ["bash 5.3"]),
    ],
    changes: ["upgrade 1 packages"],
    script: "-t bookworm-backports upgrade",
  },
  {
    name: "removes what is needed no more",
    params: { autoremove: true },
    facts: [unneededPackages.is("", ["libold"])],
    changes: ["remove libold, needed no more"],
  },
];

describe("apt", () => {
  it.each(cases)("$name", async ({ params, facts, changes, script }) => {
    const planned = await planTask(apt(params), { facts: [...whole, ...facts] });
    expect(planned.changes.map(({ what }) => what)).toEqual(changes);
    const action = planned.changes.at(-1)?.action;
    if (script !== undefined) expect(action?.kind === "script" && action.script.text).toContain(script);
    await idempotenceLaw(apt(params), { facts: [...whole, ...facts] });
  });

  it("fetches the lists for a package that is in none, and says so if that does not help", async () => {
    const facts = [...whole, missing("curl"), offer("curl", unknown)];
    const plan = planTask(apt({ name: "curl" }), { facts: [...facts, fresh(300, false)] });
    await expect(plan).rejects.toMatchObject({
      message: "unable to locate package curl: no package list of this host has it",
      hint: expect.stringContaining("apt-cache search curl"),
    });
    for (const params of [{ name: "curl" }, { name: "curl", updateCache: false }] as const) {
      const again = planTask(apt(params), { facts: [...facts, fresh(300, true)] });
      await expect(again).rejects.toThrow("unable to locate package curl");
    }
  });

  it("asks nothing, keeps edited configuration and waits for its lock", async () => {
    const facts = [...whole, missing("curl"), offer("curl", offered("7"))];
    const { changes } = await planTask(apt({ name: "curl" }), { facts });
    const action = changes[0]?.action;
    const text = action?.kind === "script" ? action.script.text : "";
    for (const part of [
      "DEBIAN_FRONTEND=noninteractive",
      "--force-confdef",
      "--force-confold",
      "DPkg::Lock::Timeout=300",
    ])
      expect(text).toContain(part);
  });

  it("tells that a package may bring anything along, and start it", async () => {
    const facts = [...whole, missing("curl"), offer("curl", offered("7"))];
    const { changes, value } = await planTask(apt({ name: "curl" }), { facts });
    expect(changes[0]?.touches).toEqual(expect.arrayContaining(["arrivals", "services"]));
    expect(value).toEqual({ installed: ["curl"], removed: [] });
  });

  it("misses a package file that is not there", async () => {
    const plan = planTask(apt({ deb: file }), { facts: [...whole, debFile.is(file, undefined)] });
    await expect(plan).rejects.toMatchObject({ message: `${file} is no package file on the host` });
  });

  it.each([
    [{}, "there is nothing to do"],
    [{ name: "curl", purge: true }, "`purge` goes with"],
    [{ name: "curl", onlyUpgrade: true }, "`onlyUpgrade` goes with"],
    [{ name: "curl", deb: "/a.deb" }, "`name` and `deb` exclude each other"],
    [{ deb: "/a.deb", state: "absent" }, "`deb` goes with"],
    [{ deb: "a.deb" }, "deb"],
    [{ deb: "/srv/agent" }, "deb"],
    [{ deb: "/a.deb", onlyUpgrade: true }, "`onlyUpgrade` needs `name`"],
    [{ name: "curl=7", state: "latest" }, "names a version"],
    [{ name: "curl", updateCache: false, cacheValidTime: 1 }, "exclude each other"],
    [{ name: "--purge" }, '"--purge" is no package\'s name'],
    [{ name: "curl-" }, "is no package's name"],
    [{ name: ["lib*"] }, "is no package's name"],
  ] as const)("refuses %j", (params, message) => {
    expect(() => apt.fromData(params)).toThrow(message);
  });
});
