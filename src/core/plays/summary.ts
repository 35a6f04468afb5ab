/** How a run ended. */
import { exitCode, ShowrunnerError } from "../../base/errors.ts";
import type { HostRun } from "../engine/host-run.ts";
import { emptyTotals, type HostSummary, type Totals } from "../events/events.ts";

/** How a run went. */
export interface RunSummary {
  /** How many tasks ended how, on all hosts together. */
  readonly totals: Totals;
  readonly hosts: Readonly<Record<string, HostSummary>>;
  /** What a program that made this run should end with: Ansible's exit codes. */
  readonly exitCode: number;
}

const counted = ["ok", "changed", "failed", "unreachable", "ignored", "likely", "unknown"] as const;

/** @param signal what may have cut the run short from outside */
export function summarise(hosts: ReadonlyMap<string, HostRun>, signal: AbortSignal | undefined): RunSummary {
  const totals = emptyTotals();
  const summaries: Record<string, HostSummary> = {};
  for (const [name, host] of hosts) {
    summaries[name] = host.summary;
    for (const key of counted) totals[key] += host.totals[key];
  }
  return {
    totals,
    hosts: summaries,
    exitCode: signal?.aborted ? codeOfCut(signal.reason) : codeOf([...hosts.values()]),
  };
}

/** Code that cuts a run short for an error gives the error as the reason. */
function codeOfCut(reason: unknown): number {
  return reason instanceof ShowrunnerError ? reason.exitCode : exitCode.interrupted;
}

/** From how the hosts fared, not from counts of tasks: an ignored failure fails nobody. */
function codeOf(hosts: readonly HostRun[]): number {
  if (hosts.some((host) => host.failure && !host.lost)) return exitCode.hostFailed;
  return hosts.some((host) => host.lost) ? exitCode.hostUnreachable : exitCode.fine;
}
