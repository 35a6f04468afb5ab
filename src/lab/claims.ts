import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { isLocked, withLock } from "./lock.ts";
import { isRunning } from "./machine.ts";
import { raiseSettings, restoreSettings } from "./machine-settings.ts";
import { dropNetwork, hasPorts } from "./network.ts";
import { stopPackageCache } from "./package-cache.ts";
import { type Lab, labFiles } from "./spec.ts";

/** Machine-wide, and gone when the machine restarts, like what it describes. */
const dir = "/run/showrunner";

/** The names a lab takes on the machine. */
interface Claim {
  readonly name: string;
  readonly network: string;
  readonly bridge: string;
  readonly table: string;
  readonly stateDir: string;
}

export function claimOf({ name, network, bridge, table, stateDir }: Lab): Claim {
  return { name, network, bridge, table, stateDir };
}

/** The lock that keeps two runs on the same lab apart. */
export function lockFile(name: string): string {
  return join(dir, `run-${name}.lock`);
}

/**
 * Takes the lab's network, bridge and table for this checkout, and sets what the machine's kernel must let labs do. A
 * lab of another checkout whose hosts are all off gives way: its disks stay.
 */
export async function takeClaim(claim: Claim): Promise<void> {
  await locked(async () => {
    await requireUnclaimed(claim);
    for (const abandoned of await foreignClaims(claim)) await clearAway(abandoned);
    await writeFile(claimFile(claim), `${JSON.stringify(claim)}\n`);
    await raiseSettings(dir);
  });
}

/** Refuses to go on where another checkout's lab uses the same names. */
export async function requireUnclaimed(claim: Claim): Promise<void> {
  const other = await claimInUse(claim);
  if (!other) return;
  throw new ShowrunnerError(
    "lab.failed",
    `the network ${other.network} (bridge ${other.bridge}) belongs to the lab "${other.name}" of ${other.stateDir}`,
    { hint: "take that lab down first, or give this one another name and network" },
  );
}

/** The claim of another checkout's lab to the same names, if one of its hosts is on or about to be. */
export async function claimInUse(claim: Claim): Promise<Claim | undefined> {
  for (const other of await foreignClaims(claim))
    if ((await hasHostsOn(other)) || (await isBeingChanged(other, claim))) return other;
  return undefined;
}

async function foreignClaims({ stateDir, network, bridge }: Claim): Promise<Claim[]> {
  const same = (other: Claim) => other.network === network || other.bridge === bridge;
  return (await claims()).filter((other) => other.stateDir !== stateDir && same(other));
}

async function hasHostsOn(other: Claim): Promise<boolean> {
  // the disks may have been deleted from under hosts that are on, and a host that reboots has left the bridge
  const names = await readdir(labFiles(other).machines).catch((): string[] => []);
  return hasPorts(other.bridge) || names.some((name) => isRunning(other, name));
}

/** Whether a run works on the lab: it may have claimed its names, and no host on yet. */
async function isBeingChanged(other: Claim, claim: Claim): Promise<boolean> {
  // whoever asks has the lock of that name
  return other.name !== claim.name && (await isLocked(lockFile(other.name)));
}

/** Removes what a lab has left on the machine whose run was killed. */
async function clearAway(abandoned: Claim): Promise<void> {
  await stopPackageCache(abandoned);
  await dropNetwork(abandoned);
  await rm(claimFile(abandoned), { force: true });
}

/** What the lab of this state directory has claimed. */
export async function claimHeldBy(stateDir: string): Promise<Claim | undefined> {
  return (await claims()).find((claim) => claim.stateDir === stateDir);
}

/** Gives the claim back. The last lab to go restores the machine's settings. */
export async function releaseClaim(claim: Claim): Promise<void> {
  if (!existsSync(dir)) return;
  await locked(async () => {
    const [owner] = (await claims()).filter((one) => one.network === claim.network);
    if (owner?.stateDir === claim.stateDir) await rm(claimFile(claim), { force: true });
    if ((await claims()).length === 0) await restoreSettings(dir);
  });
}

function claimFile({ network }: Claim): string {
  return join(dir, `lab-${network.replace("/", "-")}`);
}

async function claims(): Promise<Claim[]> {
  const names = (await readdir(dir).catch((): string[] => [])).filter(
    (name) => name.startsWith("lab-") && !name.endsWith(".lock"),
  );
  const found = await Promise.all(names.map(async (name) => readClaim(join(dir, name))));
  return found.filter((claim) => claim !== undefined);
}

/** A claim from a file; undefined if the file is missing, incomplete or something else. */
export async function readClaim(file: string): Promise<Claim | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return isClaim(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isClaim(value: unknown): value is Claim {
  if (typeof value !== "object" || value === null) return false;
  const fields: Record<string, unknown> = { ...value };
  return ["name", "network", "bridge", "table", "stateDir"].every((key) => typeof fields[key] === "string");
}

async function locked<T>(body: () => Promise<T>): Promise<T> {
  await mkdir(dir, { recursive: true });
  return withLock(join(dir, "claims.lock"), () => undefined, body);
}
