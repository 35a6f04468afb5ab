/** Who this process is, as a holder of leases, and whether another holder still lives. */
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { isTimestamp } from "./timestamp.ts";

/** Who holds a lease, as the host keeps it for others to read. */
export interface LeaseHolder {
  /** The run: random, the same for all hosts of the run. */
  readonly run: string;
  readonly playbook: string;
  readonly user: string;
  /** The control machine's name. */
  readonly machine: string;
  readonly pid: number;
  /** Identifies this machine and boot, so that process numbers can be compared; empty if that is not known. */
  readonly pids: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

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

/** @returns undefined for a text that no run has written, or that is only half written */
export function holderFrom(text: string): LeaseHolder | undefined {
  try {
    const holder: LeaseHolder = JSON.parse(text);
    const texts = [holder?.run, holder?.playbook, holder?.user, holder?.machine, holder?.pids];
    return texts.every((text) => typeof text === "string") && isTimestamp(holder.since) ? holder : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the holder was a process of this very machine that has ended. False if that can't be known. */
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
