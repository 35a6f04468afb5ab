import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  down,
  type LabSpec,
  reset,
  restore,
  run,
  snapshot,
  start,
  status,
  stop,
  up,
} from "../../src/lab/index.ts";
import { leaderOf, processesOf, supervisorOf } from "../../src/lab/machine.ts";
import { labFiles, labOf } from "../../src/lab/spec.ts";

const execute = promisify(execFile);
const forwardFile = "/proc/sys/net/ipv4/ip_forward";

describe.skipIf(process.getuid?.() !== 0)("a lab of systemd-nspawn hosts", { timeout: 120_000 }, () => {
  let spec: LabSpec;
  let directory: string;
  const locksBefore = locks();
  const lines: string[] = [];
  const progress = (line: string) => void lines.push(line);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "lab-test-"));
    spec = {
      name: "labtest",
      network: "10.79.0.0/24",
      suite: "bookworm",
      user: "deploy",
      hosts: [
        { name: "one", address: "10.79.0.11" },
        { name: "two", address: "10.79.0.12" },
      ],
      stateDir: join(directory, "lab"),
    };
    await up(spec, progress);
  }, 180_000);

  afterAll(async () => {
    await down(spec, progress);
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  const ssh = async (address: string, command: string) => {
    const { key, knownHosts } = labFiles(spec);
    const options = [`UserKnownHostsFile=${knownHosts}`, "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"];
    const argv = ["-F", "none", "-i", key, ...options.flatMap((option) => ["-o", option])];
    const { stdout } = await execute("ssh", [...argv, `${spec.user}@${address}`, command]);
    return stdout.trim();
  };

  const leaders = () => spec.hosts.map(({ name }) => leaderOf(spec, name));

  it("lets the user in, with sudo and every host's name", async () => {
    for (const { name, address } of spec.hosts) {
      expect(await ssh(address, "hostname; id -un; sudo id -un")).toBe(`${name}\ndeploy\nroot`);
    }
    expect(await ssh("10.79.0.11", "getent hosts two")).toContain("10.79.0.12");
    expect(await ssh("10.79.0.11", "ssh-keyscan -t ed25519 two 2>/dev/null")).toContain("two ssh-ed25519");
  });

  it("says how it is", async () => {
    const now = await status(spec);
    expect(now).toMatchObject({ name: "labtest", bridge: true, packageCache: true });
    expect(now.hosts.map((host) => [host.state, host.answers])).toEqual([
      ["running", true],
      ["running", true],
    ]);
  });

  it("has room for more hosts than this machine's kernel lets one user have by default", async () => {
    const most = await readFile("/proc/sys/fs/inotify/max_user_instances", "utf8");
    expect(Number(most)).toBeGreaterThanOrEqual(1024);
  });

  it("is the same after a second up", async () => {
    const before = leaders();
    await up(spec, progress);
    expect(leaders()).toEqual(before);
    expect(lines.at(-1)).toBe("2 hosts already up");
  });

  it("installs packages at once on both hosts, through the cache", async () => {
    const install = "sudo apt-get install -y -q tree >/dev/null 2>&1 && dpkg-query -Wf '${Status}' tree";
    const results = await Promise.all(spec.hosts.map(({ address }) => ssh(address, install)));
    expect(results).toEqual(["install ok installed", "install ok installed"]);
    expect(readdirSync("/var/cache/showrunner/packages").some((name) => /-tree_.*\.deb$/.test(name))).toBe(
      true,
    );
  });

  it.each([{ sudden: false }, { sudden: true }])(
    "keeps a host's disk over stop and start (%o)",
    async (how) => {
      const mark = `kept-${how.sudden}`;
      const { hosts } = spec;
      const other = leaderOf(spec, hosts[1]?.name ?? "");
      await ssh("10.79.0.11", `echo ${mark} > mark`);
      await stop(spec, "one", how);
      expect((await status(spec)).hosts[0]).toMatchObject({ state: "stopped", answers: false });
      await start(spec, "one");
      expect(await ssh("10.79.0.11", "cat mark")).toBe(mark);
      expect(leaderOf(spec, "two")).toEqual(other);
    },
  );

  it("runs a command inside a host, from outside", async () => {
    expect(await run(spec, "two", ["sh", "-c", 'echo "$1" "$(hostname)"', "sh", "it's"])).toBe("it's two\n");
    await expect(run(spec, "two", ["sh", "-c", "echo no >&2; exit 3"])).rejects.toMatchObject({
      code: "lab.failed",
      details: ["no"],
    });
  });

  it("lets a host reboot itself", async () => {
    const before = leaders();
    const supervisor = supervisorOf(spec, "two");
    await run(spec, "two", ["systemctl", "reboot"]);
    await expect
      .poll(() => leaders()[1]?.pid ?? before[1]?.pid, { timeout: 30_000 })
      .not.toBe(before[1]?.pid);
    await up(spec, progress);
    expect(await ssh("10.79.0.12", "id -un")).toBe("deploy");
    expect(supervisorOf(spec, "two")).toEqual(supervisor);
  });

  it("knows a host that powered itself off", async () => {
    await run(spec, "two", ["systemctl", "poweroff"]);
    await expect.poll(async () => (await status(spec)).hosts[1]?.state, { timeout: 30_000 }).toBe("stopped");
    await start(spec, "two");
    expect(await ssh("10.79.0.12", "id -un")).toBe("deploy");
  });

  it.each(["sh", "systemd-nspawn"])("heals after a host's %s was killed", async (which) => {
    const before = leaders();
    await ssh("10.79.0.12", "echo kept > mark");
    const victim = processesOf(spec, "two").find(({ pid }) => commandName(pid) === which);
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await expect.poll(async () => (await status(spec)).hosts[1]?.state).toBe("broken");
    await up(spec, progress);
    expect(await ssh("10.79.0.12", "cat mark")).toBe("kept");
    expect(leaders()[0]).toEqual(before[0]);
    expect(leaders()[1]).not.toEqual(before[1]);
  });

  it("gives a host a fresh disk", async () => {
    await ssh("10.79.0.12", "echo old > mark");
    const before = leaders();
    await reset(spec, ["two"], progress);
    expect(await ssh("10.79.0.12", "test -e mark || echo fresh")).toBe("fresh");
    expect(leaders()[0]).toEqual(before[0]);
  });

  it("goes back to a snapshot as often as one likes, also of a snapshot", async () => {
    await ssh("10.79.0.12", "echo one > mark");
    await snapshot(spec, "one", progress);
    await ssh("10.79.0.12", "echo two > mark");
    await snapshot(spec, "two", progress);
    for (let time = 0; time < 2; time++) {
      await ssh("10.79.0.12", "rm mark");
      await restore(spec, "two", progress);
      expect(await ssh("10.79.0.12", "cat mark")).toBe("two");
    }
    await restore(spec, "one", progress);
    expect(await ssh("10.79.0.12", "cat mark")).toBe("one");
    // a host that is powered off keeps lying on its snapshot
    await stop(spec, "two");
    await start(spec, "two");
    expect(await ssh("10.79.0.12", "cat mark")).toBe("one");
    await expect(restore(spec, "three", progress)).rejects.toThrow('no snapshot "three"');
    await up(spec, progress);
  });

  it("refuses a network that another checkout's lab has", async () => {
    const other: LabSpec = { ...spec, stateDir: join(directory, "other") };
    await expect(up(other, progress)).rejects.toMatchObject({
      code: "lab.failed",
      message: expect.stringContaining(spec.stateDir),
    });
    await down(other, progress);
    expect((await status(spec)).hosts.every((host) => host.answers)).toBe(true);
  });

  it("gives its network to another checkout's lab only once its hosts are all off", async () => {
    const name = "labother";
    const other: LabSpec = { ...spec, name, hosts: [{ name: "three", address: "10.79.0.13" }] };
    const theirs = { ...other, stateDir: join(directory, "theirs") };
    await ssh("10.79.0.11", "echo kept > mark");
    await stop(spec, "one", { sudden: true });
    await expect(up(theirs, progress)).rejects.toThrow(`belongs to the lab "${spec.name}"`);
    await stop(spec, "two", { sudden: true });
    await up(theirs, progress);
    expect(existsSync(`/sys/class/net/${labOf(spec).bridge}`)).toBe(false);
    await expect(up(spec, progress)).rejects.toThrow(`belongs to the lab "${name}"`);
    await down(theirs, progress);
    await up(spec, progress);
    expect(await ssh("10.79.0.11", "cat mark")).toBe("kept");
  });

  it("leaves nothing when it goes down, twice", async () => {
    const { bridge, table } = labOf(spec);
    await down(spec, progress);
    await down(spec, progress);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(directory);
    expect(commandLines().filter((line) => line.includes(directory) || line.includes("10.79.0.1"))).toEqual(
      [],
    );
    expect(existsSync(`/sys/class/net/${bridge}`)).toBe(false);
    expect((await execute("nft", ["list", "tables"])).stdout).not.toContain(table);
    expect(locks().filter((name) => !locksBefore.includes(name))).toEqual([]);
    expect(existsSync(spec.stateDir)).toBe(false);
    expect(existsSync("/run/showrunner/lab-10.79.0.0-24")).toBe(false);
    if (!existsSync("/run/showrunner/ip_forward"))
      expect(await readFile(forwardFile, "utf8")).toMatch(/^[01]\n$/);
    expect((await status(spec)).hosts.map((host) => host.state)).toEqual(["absent", "absent"]);
  });
});

/** What nspawn would leave when it is killed. */
function locks(): string[] {
  const dir = "/run/systemd/nspawn/locks";
  return existsSync(dir) ? readdirSync(dir) : [];
}

function commandName(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
}

function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
}
