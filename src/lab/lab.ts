import { mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { ShowrunnerError } from "../base/errors.ts";
import { waitForLogin } from "./answering.ts";
import { ensureBase } from "./base.ts";
import {
  claimHeldBy,
  claimInUse,
  claimOf,
  lockFile,
  readClaim,
  releaseClaim,
  requireUnclaimed,
  takeClaim,
} from "./claims.ts";
import { exec } from "./exec.ts";
import { writeIdentity } from "./identity.ts";
import { ensureKeys, writeKnownHosts } from "./keys.ts";
import {
  freshLayer,
  keepLayer,
  layerUpon,
  mountRoot,
  removeLayer,
  requireLayersPossible,
  requireSnapshot,
  usableBase,
} from "./layers.ts";
import { withLock } from "./lock.ts";
import { isRunning, leaderOf, removeLabCgroups, startMachine, stopMachine } from "./machine.ts";
import { dropNetwork, raiseNetwork } from "./network.ts";
import { startPackageCache, stopPackageCache } from "./package-cache.ts";
import { hasCommand, installRequirements, requireRoot } from "./requirements.ts";
import { hostOf, type Lab, type LabHost, type LabSpec, labFiles, labOf, type Progress } from "./spec.ts";
import { type LabStatus, statusOf } from "./status.ts";

const shutdownMs = 20_000;
/** A host that is thrown away may lose what it is writing. */
const discardMs = 5_000;

/** Brings every host of the lab up. Hosts that run stay as they are, stopped ones are started. */
export async function up(spec: LabSpec, progress: Progress): Promise<void> {
  const lab = labOf(spec);
  requireRoot();
  await installRequirements(progress);
  await alone(lab, progress, async () => {
    await prepare(lab, progress);
    await boot(lab, lab.hosts, progress);
  });
}

/** Removes everything the lab made, whatever state it is in. The caches stay. */
export async function down(spec: LabSpec, progress: Progress): Promise<void> {
  const lab = labOf(spec);
  const files = labFiles(lab);
  requireRoot();
  if (!hasCommand("flock")) return; // nothing was ever made here
  await alone(lab, progress, async () => {
    // What was made counts, not what the spec says now.
    const made = (await readClaim(files.made)) ?? (await claimHeldBy(lab.stateDir));
    if (!made) return;
    const names = await readdir(files.machines).catch((): string[] => []);
    // After a restart of the machine another checkout may have taken the same names: they are its own now.
    const ours = (await claimInUse(made)) === undefined;
    if (names.length > 0) progress(`ending ${count(names.length)}`);
    if (ours) await Promise.all(names.map((name) => stopMachine(made, name, discardMs)));
    for (const name of names) await removeLayer(made, name);
    await stopPackageCache(made);
    if (ours) {
      await removeLabCgroups(made.name);
      await dropNetwork(made);
    }
    await releaseClaim(made);
    for (const path of [
      files.machines,
      files.snapshots,
      files.key,
      files.publicKey,
      files.knownHosts,
      `${files.knownHosts}.new`,
    ]) {
      await rm(path, { recursive: true, force: true });
    }
    await rm(files.made, { force: true });
    await rmdir(lab.stateDir).catch(() => undefined); // it may hold files of other programs
    progress("the lab is down");
  });
}

/** The state of the lab. */
export async function status(spec: LabSpec): Promise<LabStatus> {
  const lab = labOf(spec);
  requireRoot(); // to anybody else running hosts look absent
  return statusOf(lab);
}

/** Gives the named hosts (all, if none are named) a fresh disk and boots them. */
export async function reset(
  spec: LabSpec,
  names: readonly string[] | undefined,
  progress: Progress,
): Promise<void> {
  const lab = labOf(spec);
  const hosts = names ? names.map((name) => hostOf(lab, name)) : lab.hosts;
  requireRoot();
  await installRequirements(progress);
  await alone(lab, progress, async () => {
    await prepare(lab, progress);
    await Promise.all(
      hosts.map(async ({ name }) => {
        await stopMachine(lab, name, 0);
        await removeLayer(lab, name);
      }),
    );
    await boot(lab, hosts, progress);
  });
}

/**
 * Takes a snapshot of every host's disk under a name, for `restore`. The hosts are powered off for it, and started
 * again.
 *
 * @param label of letters, digits and `-`
 */
export async function snapshot(spec: LabSpec, label: string, progress: Progress): Promise<void> {
  const lab = labOf(spec);
  requireRoot();
  await alone(lab, progress, async () => {
    await prepare(lab, progress);
    await Promise.all(
      lab.hosts.map(async ({ name }) => {
        await stopMachine(lab, name, shutdownMs);
        await keepLayer(lab, name, label);
        await layerUpon(lab, name, label);
      }),
    );
    await boot(lab, lab.hosts, progress);
  });
}

/** Gives every host the disk of a snapshot and boots it: takes about as long as a boot. */
export async function restore(spec: LabSpec, label: string, progress: Progress): Promise<void> {
  const lab = labOf(spec);
  requireRoot();
  await alone(lab, progress, async () => {
    await prepare(lab, progress);
    for (const { name } of lab.hosts) requireSnapshot(lab, name, label);
    await Promise.all(
      lab.hosts.map(async ({ name }) => {
        await stopMachine(lab, name, 0);
        await layerUpon(lab, name, label);
      }),
    );
    await boot(lab, lab.hosts, progress);
  });
}

/** Powers one host off, by asking it or, with `sudden`, as if its plug were pulled. Its disk stays. */
export async function stop(spec: LabSpec, name: string, { sudden = false } = {}): Promise<void> {
  const lab = labOf(spec);
  hostOf(lab, name);
  requireRoot();
  await alone(lab, silent, async () => {
    await requireUnclaimed(claimOf(lab));
    await stopMachine(lab, name, sudden ? 0 : shutdownMs);
  });
}

/** Powers one host on and waits until it lets users in. */
export async function start(spec: LabSpec, name: string): Promise<void> {
  const lab = labOf(spec);
  const host = hostOf(lab, name);
  requireRoot();
  await alone(lab, silent, async () => {
    await prepare(lab, silent);
    await boot(lab, [host], silent);
  });
}

/**
 * Runs a command as root inside a host, from outside and not over SSH, and returns what it printed.
 * A status other than 0 is an error.
 */
export async function run(spec: LabSpec, name: string, command: readonly string[]): Promise<string> {
  const lab = labOf(spec);
  hostOf(lab, name);
  requireRoot();
  const leader = leaderOf(lab, name);
  if (!leader)
    throw new ShowrunnerError("lab.failed", `${name} is not running`, { hint: "start the lab first" });
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"];
  const clean = [
    "env",
    "-i",
    "HOME=/root",
    "LANG=C.UTF-8",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  ];
  return exec(["nsenter", `--target=${leader.pid}`, ...namespaces, "--", ...clean, ...command]);
}

/**
 * Makes everything that hosts need around them. It is recorded before it is made, so that `down` finds it after a
 * crash.
 */
async function prepare(lab: Lab, progress: Progress): Promise<void> {
  const files = labFiles(lab);
  const made = await readClaim(files.made);
  if (made && (made.name !== lab.name || made.network !== lab.network)) {
    throw new ShowrunnerError(
      "lab.failed",
      `${lab.stateDir} holds the lab "${made.name}" on ${made.network}`,
      {
        hint: "take it down first",
      },
    );
  }
  await takeClaim(claimOf(lab));
  await mkdir(lab.stateDir, { recursive: true, mode: 0o700 });
  await writeFile(files.made, `${JSON.stringify(claimOf(lab))}\n`);
  await requireLayersPossible(lab);
  await ensureKeys(lab);
  await raiseNetwork(lab);
  await Promise.all([startPackageCache(lab), ensureBase(lab.suite, progress)]);
}

/** Boots those of the hosts that don't run, and waits for them. */
async function boot(lab: Lab, hosts: readonly LabHost[], progress: Progress): Promise<void> {
  const began = Date.now();
  const off = hosts.filter(({ name }) => !isRunning(lab, name));
  const base = await ensureBase(lab.suite, progress);
  await Promise.all(
    off.map(async (host) => {
      // A part of the host may have survived a crash.
      await stopMachine(lab, host.name, 0);
      const own = await usableBase(lab, host.name);
      if (own) {
        await mountRoot(lab, host.name, own);
      } else {
        await freshLayer(lab, host.name, base);
        await writeIdentity(lab, host);
      }
      await startMachine(lab, host.name);
    }),
  );
  await Promise.all(hosts.map((host) => waitForLogin(lab, host)));
  await writeKnownHosts(lab);
  if (off.length === 0) progress(`${count(hosts.length)} already up`);
  else
    progress(
      `${count(hosts.length)} ${hosts.length === 1 ? "answers" : "answer"} on port 22 after ${((Date.now() - began) / 1000).toFixed(1)} s`,
    );
}

function alone<T>(lab: Lab, progress: Progress, body: () => Promise<T>): Promise<T> {
  return withLock(lockFile(lab.name), () => progress("waiting for another run on this lab to end"), body);
}

const silent: Progress = () => undefined;

function count(hosts: number): string {
  return hosts === 1 ? "1 host" : `${hosts} hosts`;
}
