/** What apt printed on Debian 12 and 13 hosts, in dry runs. */
import { describe, expect, it } from "vitest";
import { type AptCommand, aptSimulation, nothingToDo } from "../../src/facts/apt-simulation.ts";
import { parsed } from "./parsed.ts";

const install = (...names: string[]): AptCommand => ({ command: "install", options: [], names });
const remove = (...names: string[]): AptCommand => ({ command: "remove", options: [], names });

function read(asked: AptCommand, said: string, status = 0) {
  return parsed(aptSimulation, [asked], `amd64\n${said}\n== status ${status}\n`).get(asked);
}

describe("a dry run of apt", () => {
  it("tells what comes and goes, with versions", () => {
    const said = `Reading package lists...
The following packages were automatically installed and are no longer required:
   lib (1.2)
Use 'sudo apt autoremove' to remove it.
The following additional packages will be installed:
   libfoe:i386 (1:2~3)
The following packages will be REMOVED:
   tool (1)
The following NEW packages will be installed:
   foe (1)
   libfoe:i386 (1:2~3)
The following packages will be upgraded:
   libc6 (2.36-9 => 2.36-9+deb12u10)
The following packages will be DOWNGRADED:
   old (2 => 1)
1 upgraded, 2 newly installed, 1 downgraded, 1 to remove and 1 not upgraded.
Need to get 8960 B of archives.
After this operation, 1493 kB of additional disk space will be used.
'http://deb.debian.org/debian/pool/main/f/foe/foe_1_all.deb' foe_1_all.deb 8960 MD5Sum:f38a4070cf61f820c2a7c445b3b684fd`;
    expect(read(install("foe"), said)).toEqual({
      ...nothingToDo,
      comes: [
        { name: "foe", from: undefined, to: "1" },
        { name: "libfoe:i386", from: undefined, to: "1:2~3" },
        { name: "libc6", from: "2.36-9", to: "2.36-9+deb12u10" },
        { name: "old", from: "2", to: "1" },
      ],
      downgraded: ["old"],
      goes: [{ name: "tool", version: "1", named: false }],
    });
  });

  it("tells dependents from what was named, by whatever name", () => {
    const said = `The following packages will be REMOVED:
   lib* (1)
   libc6:i386* (2)
   tool* (1)`;
    const asked = { ...remove("lib:amd64", "libc6:i386"), command: "purge" } as const;
    expect(read(asked, said)?.goes).toEqual([
      { name: "lib", version: "1", named: true },
      { name: "libc6:i386", version: "2", named: true },
      { name: "tool", version: "1", named: false },
    ]);
  });

  it("tells held, older and essential packages, where apt refuses", () => {
    const held = `The following packages will be REMOVED:
   tool (2)
The following held packages will be changed:
   held (1 => 2)
   other (3 => 3)
The following packages will be upgraded:
   held (1 => 2)
E: Held packages were changed and -y was used without --allow-change-held-packages.`;
    expect(read(install("held"), held, 100)).toEqual({
      ...nothingToDo,
      goes: [{ name: "tool", version: "2", named: false }],
      held: ["held", "other"],
      refusal: "Held packages were changed and -y was used without --allow-change-held-packages.",
    });
    const older =
      "The following packages will be DOWNGRADED:\n   old (2 => 1)\n0 upgraded\nE: Packages were downgraded";
    expect(read(install("old=1"), older, 100)?.downgraded).toEqual(["old"]);
    const essential = `The following packages will be REMOVED:
   login (1:4.13)
WARNING: The following essential packages will be removed.
This should NOT be done unless you know exactly what you are doing!
   login
E: Essential packages were removed`;
    expect(read(remove("login"), essential, 100)?.essential).toEqual(["login"]);
  });

  it("tells the providers of a virtual package of which apt chooses none", () => {
    const virtual = `Reading state information...
Package mail-transport-agent is a virtual package provided by:
  postfix 3.7.11-0+deb12u1
  nullmailer 1:2.2-4

E: Package 'mail-transport-agent' has no installation candidate`;
    expect(read(install("mail-transport-agent"), virtual, 100)?.ambiguous).toEqual([
      { name: "mail-transport-agent", providers: ["postfix", "nullmailer"] },
    ]);
  });

  it("tells which dependencies can't be met, and else apt's errors", () => {
    const unmet = `The following information may help to resolve the situation:

The following packages have unmet dependencies:
 broken : Depends: nowhere (>= 3) but it is not installable
 other : Depends: held (>= 2) but 1 is to be installed
E: Unable to correct problems, you have held broken packages.`;
    expect(read(install("broken"), unmet, 100)?.refusal).toBe(
      "broken: Depends: nowhere (>= 3) but it is not installable; other: Depends: held (>= 2) but 1 is to be installed",
    );
    expect(
      read(install("x"), "E: Malformed entry 1\nE: The list of sources could not be read.", 100),
    ).toEqual({
      ...nothingToDo,
      refusal: "Malformed entry 1; The list of sources could not be read.",
    });
  });

  it("tells which new packages have configuration of an earlier version", () => {
    const said = `The following NEW packages will be installed:
   curl (8)
   lib:i386 (1)
The following packages will be upgraded:
   bash (5.2 => 5.3)
`;
    const found = parsed(
      aptSimulation,
      [install("curl")],
      `amd64\n${said}== status 0\nleft curl:all\nleft lib:amd64\nleft old:amd64\n`,
    );
    expect([...found.values()][0]?.comes).toEqual([
      { name: "curl", from: undefined, to: "8", hasConfiguration: true },
      { name: "lib:i386", from: undefined, to: "1" },
      { name: "bash", from: "5.2", to: "5.3" },
    ]);
  });

  it("tells that what is to go is essential, where apt speaks of what needs it", () => {
    const said = `The following packages have unmet dependencies:
 bash : Depends: base-files (>= 2.1.12) but it is not going to be installed
E: Error, pkgProblemResolver::Resolve generated breaks, this may be caused by held packages.
== status 100
`;
    const keys = [remove("base-files", "curl"), install("base-files")];
    const found = parsed(
      aptSimulation,
      keys,
      `amd64\n${said}${said}essential base-files:amd64\nessential bash:amd64\n`,
    );
    expect(keys.map((key) => found.get(key)?.essential)).toEqual([["base-files"], []]);
  });

  it("tells the version of what makes way for another package, which apt leaves out", () => {
    const said = `The following packages will be REMOVED:
   tool
The following NEW packages will be installed:
   foe (1)
== status 0
`;
    const keys = [install("foe")];
    const found = parsed(aptSimulation, keys, `amd64\n${said}essential bash:amd64\nversion tool:all 2.1\n`);
    expect(keys.map((key) => found.get(key)?.goes)).toEqual([
      [{ name: "tool", version: "2.1", named: false }],
    ]);
  });

  it("has apt mark nothing as wanted", () => {
    const { source } = aptSimulation;
    const text = (key: AptCommand) => ("script" in source ? source.script([key]).text : "");
    expect(text(install("curl"))).toContain("simulate --download-only install -- curl");
    expect(text(remove("curl"))).toContain("simulate  remove -- curl");
  });

  it("is read for several commands at once", () => {
    const keys = [install("a"), remove("b")];
    const said =
      "amd64\nThe following NEW packages will be installed:\n   a (1)\n== status 0\nThe following packages will be REMOVED:\n   b (2)\n== status 0\n";
    const found = parsed(aptSimulation, keys, said);
    expect(keys.map((key) => [found.get(key)?.comes.length, found.get(key)?.goes.length])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});
