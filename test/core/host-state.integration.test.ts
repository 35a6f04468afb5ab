/** What a host keeps for runs lies where anybody may write: nobody is led astray there, and nobody waits. */
import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { allPendingHandlers, hostState, stateFolders } from "../../src/core/lease/host-state.ts";
import { readHere } from "../facts/parsed.ts";
import { canCountProcesses, processesOf } from "../processes.ts";

const folder = mkdtempSync(join(tmpdir(), "state-"));
afterAll(() => rmSync(folder, { recursive: true }));

const record = (label: string) => ({
  id: label,
  label,
  module: "shell",
  playbook: "site",
  play: "site",
  since: 1,
});
const write = (path: string, label: string) => writeFileSync(path, `${JSON.stringify(record(label))}\n`);

const shells = [["dash"], ["busybox", "sh"], ["bash", "--posix"]];

describe.each(shells)("a folder for runs, in %s", (...shell) => {
  const entered = (path: string) => {
    const [command = "sh", ...words] = shell;
    const { stdout } = spawnSync(command, [...words, "-c", `${stateFolders.text}\nenter ${path} && pwd`]);
    return stdout.toString().trim();
  };

  it("is entered where it is this user's own", () => {
    const own = mkdtempSync(join(folder, "own-"));
    expect(entered(own)).toBe(own);
  });

  it("is not entered by a link, nor where it is somebody else's, a file, or not there", () => {
    const own = mkdtempSync(join(folder, "own-"));
    symlinkSync(own, `${own}-link`);
    writeFileSync(`${own}-file`, "");
    mkdirSync(`${own}-other`);
    if (process.getuid?.() === 0) chownSync(`${own}-other`, 65_001, 65_001);
    const others = process.getuid?.() === 0 ? [`${own}-other`] : ["/"];
    for (const path of [`${own}-link`, `${own}-file`, `${own}-none`, ...others])
      expect(entered(path)).toBe("");
  });

  it.skipIf(!canCountProcesses)("is found by its user's number, without a process", () => {
    // one for the script itself
    expect(processesOf(stateFolders.text, shell)).toBe(1);
    const [command = "sh", ...words] = shell;
    const run = ["--reuid", "65001", "--clear-groups", command, ...words, "-c"];
    const { stdout } = spawnSync("setpriv", [...run, `${stateFolders.text}\necho "$run"`], { cwd: "/" });
    expect(stdout.toString()).toBe("/tmp/showrunner-65001\n");
  });

  it("is told of with the beginning of its records", () => {
    const own = mkdtempSync(join(folder, "own-"));
    mkdirSync(join(own, "lib/owed"), { recursive: true });
    write(join(own, "lib/owed/1-0-a.json"), "good");
    writeFileSync(join(own, "lib/owed/2-0-b.json"), "");
    truncateSync(join(own, "lib/owed/2-0-b.json"), 600_000_000);
    write(join(own, "lib/owed/3-0-c.json"), "later");
    const state = readHere(hostState, ["x"], ["env", `SHOWRUNNER_STATE=${own}`, ...shell]).get("x");
    expect(state?.pendingHandlers.map(({ label }) => label)).toEqual(["good", "later"]);
  });

  it("with more records than anybody has is an error", () => {
    const own = mkdtempSync(join(folder, "own-"));
    mkdirSync(join(own, "lib/owed"), { recursive: true });
    for (let at = 0; at < 201; at++) write(join(own, `lib/owed/${at}-0-a.json`), "x");
    expect(() => readHere(hostState, ["x"], ["env", `SHOWRUNNER_STATE=${own}`, ...shell])).toThrow(
      /more than 200 records of pending handlers/,
    );
  });
});

describe.runIf(process.getuid?.() === 0)("root, who reads the pending handlers of other users", () => {
  const at = (name: string) => `/var/tmp/showrunner-${name}`;
  const made: string[] = [];
  afterEach(() => {
    for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
  });
  const owned = (name: string, owner: number) => {
    made.push(at(name));
    mkdirSync(join(at(name), "owed"), { recursive: true });
    for (const path of [at(name), join(at(name), "owed")]) chownSync(path, owner, owner);
    return join(at(name), "owed");
  };
  const labels = () => {
    const own = mkdtempSync(join(folder, "own-"));
    const pendingHandlers = readHere(
      allPendingHandlers,
      [""],
      ["env", `SHOWRUNNER_STATE=${own}`, "timeout", "20", "dash"],
    ).get("");
    return pendingHandlers?.map(({ label }) => label);
  };

  it("reads the regular files of a folder that is its user's, and of no file more than a record has", () => {
    const owed = owned("65001", 65_001);
    write(join(owed, "1-0-a.json"), "good");
    execFileSync("mkfifo", [join(owed, "2-0-b.json")]);
    write(join(folder, "secret"), "root's own");
    symlinkSync(join(folder, "secret"), join(owed, "3-0-c.json"));
    writeFileSync(join(owed, "4-0-d.json"), "");
    truncateSync(join(owed, "4-0-d.json"), 600_000_000);
    expect(labels()).toEqual(["good"]);
  });

  it("enters no link, and no folder that is another's than its name says", () => {
    write(join(owned("65002", 65_003), "1-0-a.json"), "not its own");
    write(join(owned("0", 65_003), "1-0-a.json"), "not root's");
    const other = owned("65004", 65_004);
    write(join(other, "1-0-a.json"), "good");
    made.push(at("65005"));
    symlinkSync(at("65004"), at("65005"));
    rmSync(join(owned("65006", 65_006)), { recursive: true });
    symlinkSync(other, join(at("65006"), "owed"));
    expect(labels()).toEqual(["good"]);
  });
});
