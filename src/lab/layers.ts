import { existsSync, statSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { exec } from "./exec.ts";
import { hostFiles, type Lab, labFiles, snapshotFiles } from "./spec.ts";

const overlayMagic = 0x794c7630;

/** The hosts' own layers can't lie on an overlay themselves: the kernel refuses it. */
export async function requireLayersPossible(lab: Lab): Promise<void> {
  const { machines } = labFiles(lab);
  await mkdir(machines, { recursive: true });
  if ((await statfs(machines)).type !== overlayMagic) return;
  throw new ShowrunnerError(
    "lab.failed",
    `${machines} is on an overlay file system, where a lab's hosts can't be`,
    {
      hint: "mount a disk or a tmpfs there, or choose another stateDir (a container's root is usually an overlay)",
    },
  );
}

/** Mounts the host's root: the base below, its own layer above. What is mounted already stays. */
export async function mountRoot(lab: Lab, name: string, base: string): Promise<void> {
  const files = hostFiles(lab, name);
  if (isMounted(files.root)) return;
  // Left by a volatile mount; its content is no longer of use.
  await rm(files.work, { recursive: true, force: true });
  for (const dir of [files.upper, files.work, files.root]) await mkdir(dir, { recursive: true });
  // The layer's mode is the host's root directory's, and our umask may be a strict one.
  await chmod(files.upper, 0o755);
  // Throw-away hosts need no disk flushes, which take most of the time of installing a package.
  const options = `lowerdir=${base},upperdir=${files.upper},workdir=${files.work},volatile`;
  await exec(["mount", "-t", "overlay", "overlay", "-o", options, files.root]);
}

/** The base the host's layer was made on, if both are still there and whole. */
export async function usableBase(lab: Lab, name: string): Promise<string | undefined> {
  const files = hostFiles(lab, name);
  if (!existsSync(files.ready) || !existsSync(files.base)) return undefined;
  const base = await readFile(files.base, "utf8");
  // a snapshot lies upon the base it was taken on: as mount(8) has it, with a colon between
  return base.split(":").every(existsSync) ? base : undefined;
}

/** A new, empty layer for the host, not yet marked as ready. */
export async function freshLayer(lab: Lab, name: string, base: string): Promise<void> {
  await removeLayer(lab, name);
  const files = hostFiles(lab, name);
  await mkdir(files.dir, { recursive: true });
  await writeFile(files.base, base);
  await mountRoot(lab, name, base);
}

/** Keeps the layer of a host that is off as a snapshot, in place of an older one of that name. */
export async function keepLayer(lab: Lab, name: string, label: string): Promise<void> {
  const files = hostFiles(lab, name);
  const kept = snapshotFiles(lab, name, label);
  while (isMounted(files.root)) await exec(["umount", files.root]);
  await rm(kept.dir, { recursive: true, force: true });
  await mkdir(kept.dir, { recursive: true });
  await rename(files.upper, kept.upper);
  await writeFile(kept.base, `${kept.upper}:${await readFile(files.base, "utf8")}`);
}

/** Refuses to go on where there is no such snapshot of the host. */
export function requireSnapshot(lab: Lab, name: string, label: string): void {
  if (existsSync(snapshotFiles(lab, name, label).base)) return;
  throw new ShowrunnerError("lab.failed", `${name} has no snapshot "${label}"`, { hint: "take one first" });
}

/** A new, empty layer for the host upon a snapshot of it. */
export async function layerUpon(lab: Lab, name: string, label: string): Promise<void> {
  const { base } = snapshotFiles(lab, name, label);
  await freshLayer(lab, name, await readFile(base, "utf8"));
  // its identity is in the snapshot
  await writeFile(hostFiles(lab, name).ready, "");
}

/** Unmounts the host's root and removes its layer. */
export async function removeLayer(lab: Pick<Lab, "stateDir">, name: string): Promise<void> {
  const files = hostFiles(lab, name);
  // Interrupted runs could have mounted twice.
  while (isMounted(files.root)) await exec(["umount", "--lazy", files.root]);
  await rm(files.dir, { recursive: true, force: true });
}

/** A mount shows in its device number, which differs from its parent directory's. */
export function isMounted(path: string): boolean {
  return existsSync(path) && statSync(path).dev !== statSync(dirname(path)).dev;
}
