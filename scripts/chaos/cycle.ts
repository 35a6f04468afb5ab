/** From fresh hosts to the finished site, through as many faults as fit. */
import { restore } from "../../src/lab/index.ts";
import type { Site } from "../site-project.ts";
import { type Kind, Saboteur } from "./faults.ts";
import { chooseFaults, type Fault, type Progress } from "./plan.ts";
import { changesOf, failuresOf, runSite, type SiteRun } from "./site-run.ts";
import { differences, readState, type State } from "./state.ts";

export interface Cycle {
  /** The faults that were injected. */
  readonly injected: readonly Fault[];
  /** Faults whose event did not come again: commands do not print the same lines every time. */
  readonly missed: readonly Fault[];
  /** Why the site did not heal as it should; empty if it did. */
  readonly wrongs: readonly string[];
  readonly runs: number;
}

/** Where a cycle begins and must end. */
export interface Stage {
  readonly name: string;
  /** The snapshot that the hosts begin from. */
  readonly snapshot: string;
  /** What the hosts are like after a run that nothing disturbed. */
  readonly reference: State;
}

/**
 * Resets the hosts and runs the playbook until it has come through undisturbed, each run with the faults that
 * `chooseFaults` finds for it. A fault's play must be whole after the next run, before that one gets its own faults in
 * later plays, and changed by no run after that. In the end another run must change nothing, and the hosts must be as
 * they are without any fault.
 */
export async function runCycle(site: Site, stage: Stage, pending: readonly Fault[]): Promise<Cycle> {
  await restore(site.spec, stage.snapshot, () => undefined);
  const hosts = site.spec.hosts.map(({ name }) => name);
  const done = new Map<string, number>();
  const injected: Fault[] = [];
  const missed: Fault[] = [];
  const wrongs: string[] = [];
  let progress: Progress = { done, hit: -1 };
  /** Without power or network a host may lose what plays did that were over: a setting of a server, a replication. */
  let shaken = false;
  let runs = 0;
  for (;;) {
    const left = pending.filter((fault) => !injected.includes(fault) && !missed.includes(fault));
    const chosen = chooseFaults(left, hosts, progress);
    const { run, fired, firstAt } = await runWithFaults(site, chosen);
    runs++;
    injected.push(...fired);
    wrongs.push(...wrongsOf(run, firstAt, shaken ? new Map() : done));
    shaken = fired.some(({ kind, silent }) => kind === "host" || silent);
    if (wrongs.length > 0) break;
    // another fault may be why an event did not come
    if (fired.length === 0) missed.push(...chosen.filter((fault) => hasPassed(run, fault)));
    noteDone(run, hosts, done);
    if (fired.length === 0) break;
    progress = { done, hit: Math.max(progress.hit, ...fired.map(({ point }) => point.play)) };
  }
  if (wrongs.length === 0) {
    const again = await runSite(site);
    runs++;
    wrongs.push(
      ...failuresOf(again).map(({ text }) => `the run after that failed: ${text}`),
      ...changesOf(again).map(({ text }) => `the run after that changed ${text}`),
      ...differences(stage.reference, await readState(site.spec)).map(
        (line) => `the end state differs: ${line}`,
      ),
    );
    if (again.exitCode !== 0 && wrongs.length === 0) wrongs.push(ended(again));
  }
  return { injected, missed, wrongs, runs };
}

async function runWithFaults(
  site: Site,
  chosen: readonly Fault[],
): Promise<{ run: SiteRun; fired: Fault[]; firstAt: number }> {
  const saboteur = new Saboteur(site.spec);
  const armed = new Map(chosen.map((fault) => [fault.point.key, fault]));
  const fired: Fault[] = [];
  let count = 0;
  let firstAt = Number.POSITIVE_INFINITY;
  const run = await runSite(site, ({ point }, controller) => {
    const at = count++;
    const fault = point && armed.get(point.key);
    if (!fault) return;
    // a killed run's last words may still be in the pipe
    armed.delete(point.key);
    if (fired.some(({ kind }) => kind === "controller")) return;
    fired.push(fault);
    firstAt = Math.min(firstAt, at);
    const host = fault.point.host ?? "";
    const strike: Record<Kind, () => void> = {
      controller: () => saboteur.killController(controller),
      connection: () => (fault.silent ? saboteur.unplug(host) : saboteur.killSessions(host)),
      host: () => saboteur.killHost(host, fault.silent),
    };
    strike[fault.kind]();
  });
  await saboteur.repair();
  return { run, fired, firstAt };
}

/** A run may fail from its first fault on, and must not change what was done before it began. */
function wrongsOf(run: SiteRun, firstAt: number, done: ReadonlyMap<string, number>): string[] {
  if (run.hung) return ["a run hangs"];
  const wrongs = [
    ...failuresOf(run)
      .filter(({ at }) => at < firstAt)
      .map(({ text }) => `a rerun failed: ${text}`),
    ...changesOf(run)
      .filter(({ host, play }) => play <= (done.get(host) ?? -1))
      .map(({ text }) => `a second rerun changed ${text}`),
  ];
  const undisturbed = firstAt === Number.POSITIVE_INFINITY;
  if (undisturbed && run.exitCode !== 0 && wrongs.length === 0) wrongs.push(ended(run));
  return wrongs;
}

function ended({ exitCode, stderr }: SiteRun): string {
  return `a rerun ended with status ${exitCode}: ${stderr.trim().split("\n").slice(-5).join(" | ")}`;
}

/** Whether the run has left a fault's play behind without coming to its event. */
function hasPassed({ seen }: SiteRun, { point }: Fault): boolean {
  const ends = seen.filter(({ event }) => event.type === "play:end").map(({ play }) => play);
  const failed = failuresOfHost(seen, point.host);
  return ends.includes(point.play) && !failed;
}

function failuresOfHost(seen: SiteRun["seen"], host: string | undefined): boolean {
  return seen.some(
    ({ event }) =>
      (event.type === "host:failed" || event.type === "host:unreachable") &&
      (host === undefined || event.host === host),
  );
}

/** A play is behind a host when it has ended, handlers and all, and the host is well. */
function noteDone({ seen }: SiteRun, hosts: readonly string[], done: Map<string, number>): void {
  const well = new Set(hosts);
  for (const { event, play } of seen) {
    if (event.type === "host:failed" || event.type === "host:unreachable") well.delete(event.host);
    // the run has said that a handler of this host runs once more
    if (event.type === "warning" && event.host !== undefined && /runs it once more$/.test(event.text))
      well.delete(event.host);
    if (event.type === "play:end")
      for (const host of well) done.set(host, Math.max(play, done.get(host) ?? -1));
  }
}
