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
  lib
Use 'sudo apt autoremove' to remove it.
The following packages will be REMOVED:
  tool
The following NEW packages will be installed:
  foe libc6:i386
0 upgraded, 1 newly installed, 1 to remove and 1 not upgraded.
Remv tool [1]
Inst libc6 [2.36-9] (2.36-9+deb12u10 Debian:12.9/stable [amd64]) []
Inst foe (1 localhost [all])
Conf foe (1 localhost [all])`;
    expect(read(install("foe"), said)).toEqual({
      ...nothingToDo,
      comes: [
        { name: "libc6", from: "2.36-9", to: "2.36-9+deb12u10" },
        { name: "foe", from: undefined, to: "1" },
      ],
      goes: [{ name: "tool", version: "1", named: false }],
    });
  });

  it("tells dependents from what was named, by whatever name", () => {
    const said = `The following packages will be REMOVED:
  lib* libc6:i386*
  tool*
Purg tool [1] [lib:amd64 ]
Purg lib [1]
Purg libc6:i386 [2]`;
    const asked = { ...remove("lib:amd64", "libc6:i386"), command: "purge" } as const;
    expect(read(asked, said)?.goes).toEqual([
      { name: "lib", version: "1", named: true },
      { name: "libc6:i386", version: "2", named: true },
      { name: "tool", version: "1", named: false },
    ]);
  });

  it("tells held, older and essential packages, where apt refuses", () => {
    const held = `The following packages will be REMOVED:
  tool
The following held packages will be changed:
  held other
The following packages will be upgraded:
  held
E: Held packages were changed and -y was used without --allow-change-held-packages.`;
    expect(read(install("held"), held, 100)).toEqual({
      ...nothingToDo,
      goes: [{ name: "tool", version: undefined, named: false }],
      held: ["held", "other"],
      refusal: "Held packages were changed and -y was used without --allow-change-held-packages.",
    });
    const older =
      "The following packages will be DOWNGRADED:\n  old\n0 upgraded\nE: Packages were downgraded";
    expect(read(install("old=1"), older, 100)?.downgraded).toEqual(["old"]);
    const essential = `The following packages will be REMOVED:
  login
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
    const said = "Inst curl (8 x [all])\nInst lib:i386 (1 x [i386])\nInst bash [5.2] (5.3 x [amd64])\n";
    const found = parsed(
      aptSimulation,
      [install("curl")],
      `amd64\n${said}== status 0\ncurl:all\nlib:amd64\nold:amd64\n`,
    );
    expect([...found.values()][0]?.comes).toEqual([
      { name: "curl", from: undefined, to: "8", hasConfiguration: true },
      { name: "lib:i386", from: undefined, to: "1" },
      { name: "bash", from: "5.2", to: "5.3" },
    ]);
  });

  it("is read for several commands at once", () => {
    const keys = [install("a"), remove("b")];
    const said =
      "amd64\nInst a (1 x [all])\n== status 0\nThe following packages will be REMOVED:\n  b\nRemv b [2]\n== status 0\n";
    const found = parsed(aptSimulation, keys, said);
    expect(keys.map((key) => [found.get(key)?.comes.length, found.get(key)?.goes.length])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});
