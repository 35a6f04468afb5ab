/** How a run ended. */
import { exitCode } from "./errors.ts";
import { emptyTotals, type HostSummary, type Totals } from "./events.ts";
import type { HostRun } from "./host-run.ts";

export interface RunSummary {
  readonly totals: Totals;
  readonly hosts: Readonly<Record<string, HostSummary>>;
  readonly exitCode: number;
}

const counted = ["ok", "changed", "failed", "unreachable", "skipped", "likely", "unknown"] as const;

/** @param interrupted whether the run was cut short from outside */
export function summarise(hosts: ReadonlyMap<string, HostRun>, interrupted: boolean): RunSummary {
  const totals = emptyTotals();
  const summaries: Record<string, HostSummary> = {};
  for (const [name, host] of hosts) {
    summaries[name] = host.summary;
    for (const key of counted) totals[key] += host.totals[key];
  }
  return {
    totals,
    hosts: summaries,
    exitCode: interrupted ? exitCode.interrupted : codeOf([...hosts.values()]),
  };
}

/** From how the hosts fared, not from counts of tasks: an ignored failure fails nobody. */
function codeOf(hosts: readonly HostRun[]): number {
  if (hosts.some((host) => host.failure && !host.lost)) return exitCode.hostFailed;
  return hosts.some((host) => host.lost) ? exitCode.hostUnreachable : exitCode.fine;
}
