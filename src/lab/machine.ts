import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { isMounted } from "./layers.ts";
import { removeLink } from "./network.ts";
import {
  endProcesses,
  killProcesses,
  type ProcessId,
  processOf,
  recordedProcess,
  startDetached,
} from "./processes.ts";
import { hostFiles, type LabSpec, machineName } from "./spec.ts";

type Owner = Pick<LabSpec, "name" | "stateDir">;

/**
 * Runs nspawn again when the host reboots: with --keep-unit nspawn leaves that to who started it, and
 * says so with status 133. A trap interrupts `wait`, hence the second one.
 */
const supervise = `
  child= stopping=
  trap 'stopping=1; [ -z "$child" ] || kill -TERM "$child"' TERM
  while [ -z "$stopping" ]; do
    "$@" & child=$!
    wait "$child"; status=$?
    while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
    [ "$status" = 133 ] || exit "$status"
  done`;

/** The process that runs the host and boots it again when it reboots, if it lives. */
export function supervisorOf(lab: Owner, name: string): ProcessId | undefined {
  return recordedProcess(hostFiles(lab, name).pid);
}

/**
 * The host's init. Found by its root, which is the host's mount, and by being the first of its process
 * namespace: so it is found even where nspawn was killed and left it behind.
 */
export function leaderOf(lab: Owner, name: string): ProcessId | undefined {
  const { root } = hostFiles(lab, name);
  if (!isMounted(root)) return undefined;
  const device = statSync(root).dev;
  const pid = pids().find((one) => isInit(one) && rootDevice(one) === device);
  return pid === undefined ? undefined : processOf(pid);
}

/** Every process outside the host that runs it: the supervisor and its nspawn, known by their arguments. */
export function processesOf(lab: Owner, name: string): ProcessId[] {
  const argument = rootArgument(lab, name);
  return pids()
    .filter((pid) => read(`/proc/${pid}/cmdline`).split("\0").includes(argument))
    .map(processOf)
    .filter((one) => one !== undefined);
}

/** Whether the host is on. One that just reboots has no init for a moment. */
export function isRunning(lab: Owner, name: string): boolean {
  return supervisorOf(lab, name) !== undefined;
}

/** Whether only a part of the host is running. */
export function isBroken(lab: Owner, name: string): boolean {
  return !isRunning(lab, name) && (leaderOf(lab, name) !== undefined || processesOf(lab, name).length > 0);
}

/** Boots the host from its mounted root. */
export async function startMachine(lab: Owner & { bridge: string }, name: string): Promise<void> {
  const files = hostFiles(lab, name);
  await rm(files.console, { force: true });
  // Under systemd the host gets a scope; elsewhere every host needs a control group of its own, or
  // all hosts would share one tree and end each other's services.
  const underSystemd = existsSync("/run/systemd/system");
  const cgroups = underSystemd ? [] : cgroupsOf(lab.name, name);
  for (const group of cgroups) await mkdir(group, { recursive: true });
  startDetached({
    argv: [
      ...["/bin/sh", "-c", supervise, "supervise", "systemd-nspawn", "--quiet"],
      rootArgument(lab, name),
      `--machine=${machineName(lab.name, name)}`,
      `--hostname=${name}`,
      "--register=no",
      ...(underSystemd ? [] : ["--keep-unit"]),
      `--network-bridge=${lab.bridge}`,
      "--resolv-conf=off",
      "--boot",
    ],
    record: files.pid,
    log: files.console,
    cgroups,
    // Newer systemd refuses to boot where the machine still mounts cgroup v1.
    env: { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
  });
}

/** Powers the host off: asks, waits, then kills. Removes what nspawn leaves when it is killed. */
export async function stopMachine(lab: Owner, name: string, graceMs: number): Promise<void> {
  const files = hostFiles(lab, name);
  const supervisor = supervisorOf(lab, name);
  if (supervisor) await endProcesses([supervisor], graceMs);
  const leader = leaderOf(lab, name);
  await killProcesses([...processesOf(lab, name), ...(leader ? [leader] : [])]);
  await removeLink(`vb-${machineName(lab.name, name)}`);
  await removeCgroups(cgroupsOf(lab.name, name));
  await rm(join("/run/systemd/nspawn/propagate", machineName(lab.name, name)), {
    recursive: true,
    force: true,
  });
  if (existsSync(files.root)) {
    const { dev, ino } = statSync(files.root);
    await rm(`/run/systemd/nspawn/locks/inode-${dev}:${ino}`, { force: true });
  }
  await rm(join(files.dir, ".#root.lck"), { force: true });
  await rm(files.pid, { force: true });
}

/** Removes the lab's control groups, once its hosts are off. */
export async function removeLabCgroups(labName: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    await removeCgroups([join(hierarchy, "showrunner", labName)]);
    await rmdir(join(hierarchy, "showrunner")).catch(() => undefined); // another lab may still be there
  }
}

function cgroupsOf(labName: string, name: string): string[] {
  return hierarchies().map((hierarchy) => join(hierarchy, "showrunner", labName, name));
}

/** The trees systemd keeps its services in: cgroup v2, and v1's named one where that is mounted. */
function hierarchies(): string[] {
  const candidates = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
  return candidates.filter((dir) => existsSync(join(dir, "cgroup.procs")));
}

async function removeCgroups(dirs: readonly string[]): Promise<void> {
  for (const dir of dirs) {
    if (!existsSync(dir)) continue;
    const children = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    await removeCgroups(children.map((entry) => join(dir, entry.name)));
    // The kernel may take a moment to let go of the last process; an empty group does no harm.
    await rmdir(dir).catch(() => undefined);
  }
}

function isInit(pid: number): boolean {
  const ids = /^NSpid:\s+(.*)$/m.exec(read(`/proc/${pid}/status`))?.[1]?.split(/\s+/) ?? [];
  return ids.length > 1 && ids.at(-1) === "1";
}

function rootArgument(lab: Owner, name: string): string {
  return `--directory=${hostFiles(lab, name).root}`;
}

function pids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** A process may end between being listed and being looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function rootDevice(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}/root`).dev;
  } catch {
    return undefined;
  }
}
