import { describe, expect, it } from "vitest";
import type { FactValue } from "../../../src/core/facts/fact.ts";
import { aptOffer, freshAptLists, type Offer } from "../../../src/facts/apt-lists.ts";
import {
  type AptCommand,
  aptSimulation,
  nothingToDo,
  type Simulation,
} from "../../../src/facts/apt-simulation.ts";
import { cutOffInstallation } from "../../../src/facts/cut-off-installation.ts";
import { debFile } from "../../../src/facts/deb-file.ts";
import { dpkgFiles, dpkgInterrupted, dpkgPackage, dpkgTraces, dpkgVersion } from "../../../src/facts/dpkg.ts";
import { apt } from "../../../src/modules/packages/apt.ts";
import type { AptValue } from "../../../src/modules/packages/apt-value.ts";
import { idempotenceLaw, planTask } from "../../../src/testing/plan.ts";

const unknown: Offer = { kind: "unknown" };
const offered = (...versions: string[]): Offer => ({ kind: "package", version: versions[0] ?? "", versions });
const offer = (name: string, value: Offer, release = "") => aptOffer.is({ name, release }, value);
const missing = (name: string) => dpkgPackage.is(name, "no");
/** What a dry run says: nothing of note, unless given. */
const dry = (
  command: AptCommand["command"],
  names: readonly string[],
  says: Partial<Simulation> = {},
  options: readonly string[] = [],
): FactValue => aptSimulation.is({ command, options, names }, { ...nothingToDo, ...says });
const fresh = (within: number, value: boolean) => freshAptLists.is({ within }, value);

const whole = [dpkgInterrupted.is("", false), cutOffInstallation.is("", { automatic: [], named: [] })];

interface Case {
  readonly name: string;
  readonly params: Parameters<typeof apt>[0];
  readonly facts: readonly FactValue[];
  readonly changes: readonly string[];
  /** Part of the last change's script. */
  readonly script?: string;
}

const agent = { name: "agent", version: "2.1", automatic: false };
const file = "/srv/agent.deb";

/** `foe` comes, and `tool` goes for it. */
const conflict: Partial<Simulation> = {
  comes: [{ name: "foe", from: undefined, to: "1" }],
  goes: [{ name: "tool", version: "2", named: false }],
};

/** `lib` goes, and `tool` with it. */
const dependents: Partial<Simulation> = {
  goes: [
    { name: "tool", version: "2", named: false },
    { name: "lib", version: "1", named: true },
  ],
};

const cases: readonly Case[] = [
  {
    name: "tells what is needed no more before anything goes",
    params: { name: "lib", state: "absent", autoremove: true, allowRemovals: true },
    facts: [
      dpkgFiles.is("lib", true),
      dry("remove", ["lib"], dependents),
      dry("autoremove", ["lib"], {
        goes: [...(dependents.goes ?? []), { name: "data", version: "3", named: false }],
      }),
    ],
    changes: ["remove lib with tool", "remove data, needed no more"],
  },
  {
    name: "upgrades what is installed, and installs nothing",
    params: { name: ["curl", "rsync"], state: "latest", onlyUpgrade: true },
    facts: [
      dry("install", ["rsync"], {}, ["--only-upgrade"]),
      missing("curl"),
      dpkgVersion.is("curl", undefined),
      offer("curl", offered("8")),
      dpkgPackage.is("rsync", "manual"),
      dpkgVersion.is("rsync", "3"),
      offer("rsync", offered("4", "3")),
    ],
    changes: ["install rsync"],
  },
  {
    name: "leaves a version to who has the package",
    params: { name: "curl=8", onlyUpgrade: true },
    facts: [missing("curl"), dpkgVersion.is("curl", undefined)],
    changes: [],
  },
  {
    name: "installs a package file with what it depends on",
    params: { deb: file, lockTimeout: "90s" },
    facts: [
      dry("install", [file]),
      debFile.is(file, { ...agent, installed: "none" }),
      fresh(Number.MAX_SAFE_INTEGER, true),
    ],
    changes: ["install agent=2.1"],
    script: "DPkg::Lock::Timeout=90",
  },
  {
    name: "installs a package file over an earlier version, once there are package lists",
    params: { deb: file },
    facts: [
      dry("install", [file]),
      debFile.is(file, { ...agent, installed: "earlier" }),
      fresh(Number.MAX_SAFE_INTEGER, false),
    ],
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
    facts: [
      dry("install", [file], { downgraded: ["agent"] }, ["--allow-downgrades"]),
      debFile.is(file, { ...agent, installed: "later" }),
    ],
    changes: ["install agent=2.1"],
    script: "--allow-downgrades",
  },
  {
    name: "finishes an installation that was cut off, even where nothing else is to be done",
    params: { name: "curl" },
    facts: [dpkgInterrupted.is("", true), dpkgPackage.is("curl", "manual")],
    changes: ["interrupted installation"],
    script: "dpkg --force-confdef --force-confold --configure -a",
  },
  {
    name: "installs what an installation that was cut off was to bring along",
    params: { name: "curl" },
    facts: [
      cutOffInstallation.is("", { automatic: ["libsasl2-modules:amd64"], named: ["curl:amd64"] }),
      dpkgPackage.is("curl", "manual"),
    ],
    changes: ["rest of an interrupted installation"],
    script: "--no-install-recommends --no-remove install -- libsasl2-modules:amd64",
  },
  {
    name: "leaves to whoever asks again what an installation that was cut off was asked for",
    params: { name: "curl" },
    facts: [
      cutOffInstallation.is("", { automatic: [], named: ["wget:amd64"] }),
      dpkgPackage.is("curl", "manual"),
    ],
    changes: [],
  },
  {
    name: "finishes an installation that was cut off before it installs",
    params: { name: "curl" },
    facts: [
      dry("install", ["curl"]),
      dpkgInterrupted.is("", true),
      missing("curl"),
      offer("curl", offered("7")),
    ],
    changes: ["interrupted installation", "install curl"],
  },
  {
    name: "finishes an installation that was cut off before it removes",
    params: { name: "curl", state: "absent" },
    facts: [dry("remove", ["curl"]), dpkgInterrupted.is("", true), dpkgFiles.is("curl", true)],
    changes: ["interrupted installation", "remove curl"],
  },
  {
    name: "leaves what is there alone, without a look at the package lists",
    params: { name: ["curl", "rsync"], cacheValidTime: 60 },
    facts: [dpkgPackage.is("curl", "manual"), dpkgPackage.is("rsync", "manual")],
    changes: [],
  },
  {
    name: "installs all that is missing at once",
    params: { name: ["curl", "bash", "rsync"] },
    facts: [
      dry("install", ["curl", "rsync"]),
      ...[missing("curl"), dpkgPackage.is("bash", "manual"), missing("rsync")],
      ...[offer("curl", offered("7")), offer("rsync", offered("3"))],
    ],
    changes: ["install curl, rsync"],
    script: "install -- curl rsync",
  },
  {
    name: "installs a virtual package",
    params: { name: "mail-transport-agent" },
    facts: [
      dry("install", ["mail-transport-agent"]),
      missing("mail-transport-agent"),
      offer("mail-transport-agent", { kind: "virtual" }),
    ],
    changes: ["install mail-transport-agent"],
  },
  {
    name: "installs for another architecture",
    params: { name: "libc6:i386" },
    facts: [dry("install", ["libc6:i386"]), missing("libc6:i386"), offer("libc6:i386", offered("2"))],
    changes: ["install libc6:i386"],
    script: "install -- libc6:i386",
  },
  {
    name: "fetches old lists before it installs, where it was asked to",
    params: { name: "curl", updateCache: true },
    facts: [dry("install", ["curl"]), missing("curl"), fresh(3600, false), offer("curl", offered("7"))],
    changes: ["package lists", "install curl"],
  },
  {
    name: "does not fetch lists that are young enough",
    params: { name: "curl", cacheValidTime: 86_400 },
    facts: [dry("install", ["curl"]), missing("curl"), fresh(86_400, true), offer("curl", offered("7"))],
    changes: ["install curl"],
  },
  {
    name: "replaces another version by the one asked for",
    params: { name: "nginx=1.22.1-9", allowDowngrade: true },
    facts: [
      dpkgPackage.is("nginx", "manual"),
      dry("install", ["nginx=1.22.1-9"], { downgraded: ["nginx"] }, ["--allow-downgrades"]),
      dpkgVersion.is("nginx", "1.24"),
      offer("nginx", offered("1.24", "1.22.1-9")),
    ],
    changes: ["install nginx=1.22.1-9"],
    script: "--allow-downgrades --no-remove install -- nginx=1.22.1-9",
  },
  {
    name: "resolves the beginning of a version to the newest that has it",
    params: { name: "nginx=1.22.*" },
    facts: [
      missing("nginx"),
      dry("install", ["nginx=1.22.10"]),
      dpkgVersion.is("nginx", undefined),
      offer("nginx", offered("1.24", "1.22.10", "1.22.1")),
    ],
    changes: ["install nginx=1.22.10"],
  },
  {
    name: "is content with a version that begins as asked",
    params: { name: "nginx=1.22.*" },
    facts: [dpkgPackage.is("nginx", "manual"), dpkgVersion.is("nginx", "1.22.1")],
    changes: [],
  },
  {
    name: "brings the newest version on offer",
    params: { name: ["curl", "awk"], state: "latest", defaultRelease: "bookworm-backports" },
    facts: [
      dry("install", ["curl"], {}, ["-t", "bookworm-backports"]),
      ...[dpkgPackage.is("curl", "manual"), dpkgVersion.is("curl", "7")],
      offer("curl", offered("8", "7"), "bookworm-backports"),
      ...[dpkgPackage.is("awk", "manual"), dpkgVersion.is("awk", undefined)],
      offer("awk", { kind: "virtual" }, "bookworm-backports"),
    ],
    changes: ["install curl"],
    script: "-t bookworm-backports --no-remove install -- curl",
  },
  {
    name: "passes on whether recommended packages are wanted",
    params: { name: "curl", installRecommends: false },
    facts: [
      dry("install", ["curl"], {}, ["--no-install-recommends"]),
      missing("curl"),
      offer("curl", offered("7")),
    ],
    changes: ["install curl"],
    script: "--no-install-recommends --no-remove install",
  },
  {
    name: "removes what is installed and leaves its configuration",
    params: { name: ["apache2", "nginx"], state: "absent" },
    facts: [dry("remove", ["apache2"]), dpkgFiles.is("apache2", true), dpkgFiles.is("nginx", false)],
    changes: ["remove apache2"],
    script: "remove -- apache2",
  },
  {
    name: "removes what was unpacked and never configured, which no version tells of",
    params: { name: "nginx", state: "absent" },
    facts: [dry("remove", ["nginx"]), dpkgFiles.is("nginx", true), dpkgVersion.is("nginx", undefined)],
    changes: ["remove nginx"],
  },
  {
    name: "purges what was left behind",
    params: { name: "apache2", state: "absent", purge: true },
    facts: [dry("purge", ["apache2"]), dpkgTraces.is("apache2", true)],
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
    facts: [
      dry("dist-upgrade", [], {
        comes: [
          { name: "bash", from: "5.2", to: "5.3" },
          { name: "libc6", from: "2.39", to: "2.40" },
        ],
      }),
    ],
    changes: ["upgrade 2 packages"],
    script: "dist-upgrade",
  },
  {
    name: "finishes in an upgrade what was left half-installed, though nothing is newer",
    params: { upgrade: "full" },
    facts: [dry("dist-upgrade", [], { finishes: true })],
    changes: ["finish half-installed packages"],
    script: "dist-upgrade",
  },
  {
    name: "upgrades to what the release has that is to be preferred",
    params: { upgrade: "safe", defaultRelease: "bookworm-backports" },
    facts: [
      dry("upgrade", [], { comes: [{ name: "bash", from: "5.2", to: "5.3" }] }, ["-t", "bookworm-backports"]),
    ],
    changes: ["upgrade 1 packages"],
    script: "-t bookworm-backports --no-remove upgrade",
  },
  {
    name: "marks what came along with others as wanted, once it is named",
    params: { name: ["curl", "rsync"] },
    facts: [dpkgPackage.is("curl", "automatic"), dpkgPackage.is("rsync", "manual")],
    changes: ["mark curl as wanted"],
    script: "apt-mark manual -- curl",
  },
  {
    name: "marks what came along with others as wanted, when it brings a version of it",
    params: { name: "curl=8" },
    facts: [
      dpkgPackage.is("curl", "automatic"),
      dpkgVersion.is("curl", "7"),
      offer("curl", offered("8", "7")),
      dry("install", ["curl=8"]),
    ],
    changes: ["install curl=8", "mark curl as wanted"],
  },
  {
    name: "leaves the marks of what it only upgrades",
    params: { name: "curl", state: "latest", onlyUpgrade: true },
    facts: [dpkgPackage.is("curl", "automatic"), dpkgVersion.is("curl", "8"), offer("curl", offered("8"))],
    changes: [],
  },
  {
    name: "marks the package of a file as wanted",
    params: { deb: file },
    facts: [debFile.is(file, { ...agent, installed: "same", automatic: true })],
    changes: ["mark agent as wanted"],
  },
  {
    name: "takes a package that another one provides for installed, and marks nothing",
    params: { name: "mail-transport-agent" },
    facts: [dpkgPackage.is("mail-transport-agent", "provided")],
    changes: [],
  },
  {
    name: "removes what conflicts where it may, and says so",
    params: { name: "foe", allowRemovals: true },
    facts: [missing("foe"), offer("foe", offered("1")), dry("install", ["foe"], conflict)],
    changes: ["install foe, remove tool"],
    script: "install -- foe",
  },
  {
    name: "removes what depends on it where it may, and says so",
    params: { name: "lib", state: "absent", allowRemovals: true },
    facts: [dpkgFiles.is("lib", true), dry("remove", ["lib"], dependents)],
    changes: ["remove lib with tool"],
  },
  {
    name: "removes in a full upgrade what it may, and says so",
    params: { upgrade: "full", allowRemovals: true },
    facts: [dry("dist-upgrade", [], conflict)],
    changes: ["upgrade 1 packages, remove tool"],
  },
  {
    name: "changes what is on hold where it may",
    params: { name: "curl=8", allowChangeHeldPackages: true },
    facts: [
      dpkgPackage.is("curl", "manual"),
      dpkgVersion.is("curl", "7"),
      offer("curl", offered("8", "7")),
      dry("install", ["curl=8"], { held: ["curl"] }, ["--allow-change-held-packages"]),
    ],
    changes: ["install curl=8"],
    script: "--allow-change-held-packages --no-remove install",
  },
  {
    name: "removes what is needed no more",
    params: { autoremove: true },
    facts: [dry("autoremove", [], { goes: [{ name: "libold", version: "1", named: false }] })],
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
    const facts = [...whole, missing("curl"), offer("curl", offered("7")), dry("install", ["curl"])];
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
    const facts = [...whole, missing("curl"), offer("curl", offered("7")), dry("install", ["curl"])];
    const { changes, value } = await planTask(apt({ name: "curl" }), { facts });
    expect(changes[0]?.touches).toEqual(expect.arrayContaining(["arrivals", "services"]));
    expect(value).toEqual({ installed: ["curl"], removed: [] });
  });

  const tool = { name: "tool", from: "1", to: "2" };
  it.each<[string, Parameters<typeof apt>[0], FactValue[], boolean]>([
    [
      "nothing that is there by what only arrives",
      { name: "curl" },
      [
        missing("curl"),
        offer("curl", offered("7")),
        dry("install", ["curl"], { comes: [{ name: "curl", from: undefined, to: "7" }] }),
      ],
      false,
    ],
    [
      "anything by another version of a dependency",
      { name: "curl" },
      [
        missing("curl"),
        offer("curl", offered("7")),
        dry("install", ["curl"], { comes: [{ name: "curl", from: undefined, to: "7" }, tool] }),
      ],
      true,
    ],
    [
      "anything by a package whose configuration was left",
      { name: "curl" },
      [
        missing("curl"),
        offer("curl", offered("7")),
        dry("install", ["curl"], {
          comes: [{ name: "curl", from: undefined, to: "7", hasConfiguration: true }],
        }),
      ],
      true,
    ],
    [
      "anything by finishing what is there in part",
      { name: "curl" },
      [missing("curl"), offer("curl", offered("7")), dry("install", ["curl"], { finishes: true })],
      true,
    ],
    [
      "anything by the latest version",
      { name: "tool", state: "latest" },
      [
        dpkgPackage.is("tool", "manual"),
        dpkgVersion.is("tool", "1"),
        offer("tool", offered("2", "1")),
        dry("install", ["tool"], { comes: [tool] }),
      ],
      true,
    ],
    [
      "anything by an upgrade of all packages",
      { upgrade: "safe" },
      [dry("upgrade", [], { comes: [tool] })],
      true,
    ],
    [
      "anything by a package file of another version",
      { deb: file, updateCache: false },
      [debFile.is(file, { ...agent, installed: "earlier" }), dry("install", [file], { comes: [tool] })],
      true,
    ],
    [
      "anything by finishing what was cut off, which may have been an upgrade",
      { name: "curl" },
      [dpkgInterrupted.is("", true), dpkgPackage.is("curl", "manual")],
      true,
    ],
  ])("tells that it alters %s", async (_, params, facts, anything) => {
    const { changes } = await planTask(apt(params), { facts: [...whole, ...facts] });
    expect(changes[0]?.touches.includes("everything")).toBe(anything);
    // what an author says of it is in the place of everything, and not of what is known of packages
    expect(changes[0]?.touches).toEqual(expect.arrayContaining(["arrivals", "services", dpkgVersion.of()]));
  });

  it.each<[string, Parameters<typeof apt>[0], Parameters<typeof dry>, FactValue[], AptValue]>([
    [
      "an installation",
      { name: "foe", allowRemovals: true },
      ["install", ["foe"], conflict],
      [missing("foe"), offer("foe", offered("1"))],
      { installed: ["foe"], removed: ["tool"] },
    ],
    [
      "a removal",
      { name: "lib", state: "absent", allowRemovals: true },
      ["remove", ["lib"], dependents],
      [dpkgFiles.is("lib", true)],
      { installed: [], removed: ["lib", "tool"] },
    ],
    [
      "a full upgrade",
      { upgrade: "full", allowRemovals: true },
      ["dist-upgrade", [], conflict],
      [],
      { installed: [], removed: ["tool"] },
    ],
    [
      "autoremove",
      { autoremove: true },
      ["autoremove", [], { goes: [{ name: "libold", version: "1", named: false }] }],
      [],
      { installed: [], removed: ["libold"] },
    ],
  ])("gives all that went: %s", async (_, params, asked, facts, value) => {
    const planned = await planTask(apt(params), { facts: [...whole, ...facts, dry(...asked)] });
    expect(planned.value).toEqual(value);
  });

  it("shows all that comes and goes, with versions", async () => {
    const comes = [
      { name: "curl", from: undefined, to: "8" },
      { name: "libc6", from: "2.36", to: "2.37" },
    ];
    const facts = [...whole, missing("curl"), offer("curl", offered("8"))];
    const { changes } = await planTask(apt({ name: "curl", allowRemovals: true }), {
      facts: [...facts, dry("install", ["curl"], { ...conflict, comes })],
    });
    const action = changes[0]?.action;
    expect(action?.kind === "script" && action.script.text).not.toContain("--no-remove");
    expect(changes[0]).toMatchObject({
      what: "install curl, remove tool",
      before: "libc6 2.36, tool 2",
      after: "curl 8, libc6 2.37",
      touches: expect.arrayContaining(["everything"]),
    });
  });

  it.each<[string, Partial<Simulation>, string, string]>([
    ["removals", conflict, "to install curl, apt would also remove tool 2", "allowRemovals: true"],
    [
      "packages on hold",
      { held: ["libc6"], refusal: "Held packages were changed" },
      "to install curl, apt would change what is on hold: libc6",
      "apt-mark unhold libc6",
    ],
    [
      "a choice among providers",
      {
        ambiguous: [{ name: "curl", providers: ["curl-a", "curl-b"] }],
        refusal: "no installation candidate",
      },
      "curl is provided by several packages: curl-a, curl-b",
      "name the one",
    ],
    [
      "an older version",
      { downgraded: ["libc6"], refusal: "Packages were downgraded" },
      "to install curl, apt would bring libc6 to an older version",
      "allowDowngrade: true",
    ],
    [
      "essential packages",
      {
        essential: ["dpkg"],
        goes: [{ name: "dpkg", version: "1.21", named: true }],
        refusal: "Essential",
      },
      "to install curl, apt would remove dpkg, without which Debian does not work",
      "essential",
    ],
    [
      "what apt can't do",
      { refusal: "curl: Depends: nowhere (>= 3) but it is not installable" },
      "apt can't install curl: curl: Depends: nowhere (>= 3) but it is not installable",
      "apt-mark showhold",
    ],
  ])("refuses %s before anything is changed", async (_, says, message, hint) => {
    const facts = [...whole, missing("curl"), offer("curl", offered("8")), dry("install", ["curl"], says)];
    await expect(planTask(apt({ name: "curl" }), { facts })).rejects.toMatchObject({
      message,
      hint: expect.stringContaining(hint),
    });
  });

  it("refuses to remove what depends on a package, unless that is named or allowed", async () => {
    const facts = [...whole, dpkgFiles.is("lib", true), dry("remove", ["lib"], dependents)];
    await expect(planTask(apt({ name: "lib", state: "absent" }), { facts })).rejects.toThrow(
      "to remove lib, apt would also remove tool 2",
    );
    const full = [...whole, dry("dist-upgrade", [], conflict)];
    await expect(planTask(apt({ upgrade: "full" }), { facts: full })).rejects.toThrow(
      "to upgrade all packages, apt would also remove tool 2",
    );
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
