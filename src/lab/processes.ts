import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { commandEnv } from "./exec.ts";

/** A process by its id and the moment it started, so that an id used again is never mistaken for it. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since the machine booted. */
  readonly started: string;
}

/** The process with this id, unless it is gone or only waits to be reaped. */
export function processOf(pid: number): ProcessId | undefined {
  const stat = parseStat(read(`/proc/${pid}/stat`));
  return stat && stat.state !== "Z" && stat.state !== "X"
    ? { pid: stat.pid, started: stat.started }
    : undefined;
}

function isAlive({ pid, started }: ProcessId): boolean {
  return processOf(pid)?.started === started;
}

/** The process that `startDetached` recorded in this file, if it still lives. */
export function recordedProcess(file: string): ProcessId | undefined {
  const stat = parseStat(read(file));
  return stat && isAlive(stat) ? { pid: stat.pid, started: stat.started } : undefined;
}

interface DetachedOptions {
  readonly argv: readonly string[];
  /** The file in which the process is recorded. */
  readonly record: string;
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The control groups it enters first. */
  readonly cgroups?: readonly string[];
}

/**
 * Starts a process that outlives this one. It records itself before it becomes the command, so it never runs
 * unrecorded, even if this process is killed meanwhile.
 */
export function startDetached({ argv, record, log, env, cgroups = [] }: DetachedOptions): void {
  const script = `
    set -eu
    read -r stat < /proc/$$/stat
    printf '%s\\n' "$stat" > "$0"
    while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done
    shift
    exec "$@"`;
  const output = openSync(log, "a");
  const child = spawn("/bin/sh", ["-c", script, record, ...cgroups, "--", ...argv], {
    detached: true,
    cwd: "/",
    stdio: ["ignore", output, output],
    env: { ...commandEnv(), ...env },
  });
  closeSync(output);
  child.on("error", () => undefined); // the code that waits for its answer reports that
  child.unref();
}

/** Asks processes to end, waits, then kills those that remain. */
export async function endProcesses(processes: readonly ProcessId[], graceMs: number): Promise<void> {
  if (graceMs > 0) signal(processes, "SIGTERM");
  if (graceMs > 0 && (await allGone(processes, graceMs))) return;
  signal(processes, "SIGKILL");
  await allGone(processes, 5_000);
}

/** Kills processes and waits until they are gone. */
export async function killProcesses(processes: readonly ProcessId[]): Promise<void> {
  await endProcesses(processes, 0);
}

function signal(processes: readonly ProcessId[], name: NodeJS.Signals): void {
  for (const one of processes) {
    if (!isAlive(one)) continue;
    try {
      process.kill(one.pid, name);
    } catch {
      // It has just ended by itself.
    }
  }
}

async function allGone(processes: readonly ProcessId[], withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (processes.some(isAlive)) {
    if (Date.now() >= deadline) return false;
    await sleep(20);
  }
  return true;
}

/** The command's name stands in parentheses and may itself hold spaces and parentheses. */
function parseStat(line: string): (ProcessId & { state: string }) | undefined {
  const pid = Number.parseInt(line, 10);
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[19]];
  return Number.isInteger(pid) && state && started ? { pid, state, started } : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
