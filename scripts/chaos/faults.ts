/** What can go wrong, made to happen. */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { exec } from "../../src/lab/exec.ts";
import { type LabSpec, start, stop } from "../../src/lab/index.ts";
import { leaderOf } from "../../src/lab/machine.ts";
import { machineName } from "../../src/lab/spec.ts";

/** What is hit: the process that runs the playbook, a host's connection, or the host. */
export const kinds = ["controller", "connection", "host"] as const;
export type Kind = (typeof kinds)[number];

/** Processes are looked up before the run, so that a fault comes at its event and not some time after it. */
export class Saboteur {
  readonly #spec: LabSpec;
  readonly #leaders = new Map<string, number>();
  #repairs: (() => Promise<void>)[] = [];

  constructor(spec: LabSpec) {
    this.#spec = spec;
    for (const { name } of spec.hosts) {
      const leader = leaderOf(spec, name);
      if (leader) this.#leaders.set(name, leader.pid);
    }
  }

  /** SIGKILL: no handler runs, nothing is closed in good order. */
  killController(controller: ChildProcess): void {
    controller.kill("SIGKILL");
  }

  /**
   * As if its power were cut: every process ends at once. What was written stays, synced or not.
   *
   * @param silent whether nobody is told that the connection is gone: the controller finds out after some time.
   *   Otherwise the sessions end a moment before, which saves that time and leaves the host in the same state
   */
  killHost(host: string, silent: boolean): void {
    const leader = this.#leaders.get(host);
    if (leader === undefined) throw new Error(`${host} does not run`);
    if (!silent) this.killSessions(host);
    process.kill(leader, "SIGKILL");
    const off = stop(this.#spec, host, { sudden: true });
    const on = off.then(() => start(this.#spec, host));
    this.#repairs.push(() => on);
    on.catch(() => undefined); // `repair` reports it
  }

  /** The server's side of every SSH session ends; commands that run there are orphaned. */
  killSessions(host: string): void {
    for (const pid of this.#sessionsOf(host)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it ended in this moment
      }
    }
  }

  /** Packets get lost, both ways, until the run is over: nobody is told that the connection is gone. */
  unplug(host: string): void {
    const link = `vb-${machineName(this.#spec.name, host)}`;
    const off = exec(["ip", "link", "set", link, "down"]);
    off.catch(() => undefined);
    this.#repairs.push(async () => {
      await off;
      await exec(["ip", "link", "set", link, "up"]);
      await start(this.#spec, host); // it runs: this waits until it is found again
    });
  }

  /** Waits until killed hosts are up again, and plugs cables in. */
  async repair(): Promise<void> {
    const repairs = this.#repairs;
    this.#repairs = [];
    for (const repair of repairs) await repair();
  }

  #sessionsOf(host: string): number[] {
    const leader = this.#leaders.get(host);
    if (leader === undefined) return [];
    const root = statSync(`/proc/${leader}/root`).dev;
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && isSession(pid) && rootOf(pid) === root);
  }
}

/** The listening server is called `sshd: /usr/sbin/sshd …`. */
function isSession(pid: number): boolean {
  try {
    return /^sshd: [a-z]/.test(readFileSync(`/proc/${pid}/cmdline`, "latin1"));
  } catch {
    return false;
  }
}

function rootOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}/root`).dev;
  } catch {
    return undefined;
  }
}
