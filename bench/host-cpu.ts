/** What a run costs a host: the CPU that the host's own control group has used. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { leaderOf } from "../src/lab/machine.ts";
import { lab } from "./lab.ts";
import type { Sample } from "./rounds.ts";

/** How long a host may still be busy with a connection that has ended. Milliseconds. */
const aftermath = 300;

/** Measures a run, and what it cost the host that it cost least: what else a host did meanwhile, others had a part in. */
export async function withHostCpu(run: () => Promise<Sample>): Promise<Sample> {
  const groups = lab.hosts.map(({ name }) => controlGroup(name));
  const before = groups.map(usedBy);
  const sample = await run();
  await sleep(aftermath);
  const used = groups.map((group, index) => usedBy(group) - (before[index] ?? 0));
  return { ...sample, hostCpu: Math.min(...used) };
}

/** The host's whole control group: its init says where in it that is, and nspawn puts all of the host below `payload`. */
function controlGroup(host: string): string {
  const init = leaderOf(lab, host);
  if (!init) throw new Error(`${host} is not running`);
  const [, path] = /^0::(.*?\/payload)\//m.exec(readFileSync(`/proc/${init.pid}/cgroup`, "utf8")) ?? [];
  const [, mount] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/self/mounts", "utf8")) ?? [];
  if (path === undefined || mount === undefined) throw new Error(`${host} has no control group of version 2`);
  return join(mount, path);
}

/** Seconds, since the host was booted. */
function usedBy(group: string): number {
  const microseconds = /^usage_usec (\d+)$/m.exec(readFileSync(join(group, "cpu.stat"), "utf8"))?.[1];
  return Number(microseconds) / 1e6;
}
