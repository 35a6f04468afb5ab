/** Who this process is, as a holder of leases, and whether another holder still lives. */
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import type { LeaseHolder } from "./lease-keeper.ts";

/** This process as the holder of a run's leases. */
export function leaseHolder(playbook: string): LeaseHolder {
  return {
    run: randomBytes(8).toString("hex"),
    playbook,
    user: userName(),
    machine: hostname(),
    pid: process.pid,
    pids: processNumbers(),
    since: Date.now(),
  };
}

/** Whether the holder was a process of this very machine that is there no more. False where nobody can know. */
export function isDead({ pid, pids }: LeaseHolder): boolean {
  if (pids === "" || pids !== processNumbers()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** Two containers of one machine count their processes apart, and so does a machine after a reboot. */
function processNumbers(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}

/** A user id without an entry in the password file has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "somebody");
  }
}
