/** Settings of this machine's kernel that labs need. What was there before is kept, and put back by the last lab to go. */
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface Setting {
  readonly file: string;
  /** The name under which its old value is kept. */
  readonly saved: string;
  readonly needed: (now: string) => string;
}

const settings: readonly Setting[] = [
  { file: "/proc/sys/net/ipv4/ip_forward", saved: "ip_forward", needed: () => "1" },
  {
    // a host takes seven, and by default root has 128 in all hosts together
    file: "/proc/sys/fs/inotify/max_user_instances",
    saved: "inotify_instances",
    needed: (now) => String(Math.max(Number(now), 1024)),
  },
];

/** @param folder where the old values are kept */
export async function raiseSettings(folder: string): Promise<void> {
  for (const { file, saved, needed } of settings) {
    const now = await readFile(file, "utf8");
    const kept = join(folder, saved);
    if (!existsSync(kept)) await writeFile(kept, now);
    if (needed(now) !== now.trim()) await writeFile(file, needed(now));
  }
}

export async function restoreSettings(folder: string): Promise<void> {
  for (const { file, saved } of settings) {
    const kept = join(folder, saved);
    if (!existsSync(kept)) continue;
    await writeFile(file, await readFile(kept, "utf8"));
    await rm(kept);
  }
}
