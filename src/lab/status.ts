import { existsSync } from "node:fs";
import { answers } from "./answering.ts";
import { isBroken, isRunning } from "./machine.ts";
import { hasLink } from "./network.ts";
import { recordedProcess } from "./processes.ts";
import { hostFiles, type Lab, type LabHost, labFiles } from "./spec.ts";

/** The state of one host. */
export interface HostStatus extends LabHost {
  /** `absent`: it has no disk yet. `broken`: only a part of it runs; `up` repairs that. */
  readonly state: "running" | "stopped" | "broken" | "absent";
  /** Whether its SSH server answers. */
  readonly answers: boolean;
}

/** The state of a lab. */
export interface LabStatus {
  readonly name: string;
  readonly network: string;
  readonly suite: string;
  /** Whether the bridge is there. */
  readonly bridge: boolean;
  readonly packageCache: boolean;
  readonly hosts: readonly HostStatus[];
}

/** Looks at a lab; changes nothing and needs no tools. */
export async function statusOf(lab: Lab): Promise<LabStatus> {
  return {
    name: lab.name,
    network: lab.network,
    suite: lab.suite,
    bridge: hasLink(lab.bridge),
    packageCache: recordedProcess(labFiles(lab).packageCache) !== undefined,
    hosts: await Promise.all(
      lab.hosts.map(async (host) => {
        const state = stateOf(lab, host.name);
        return { ...host, state, answers: state === "running" && (await answers(host.address)) };
      }),
    ),
  };
}

function stateOf(lab: Lab, name: string): HostStatus["state"] {
  const files = hostFiles(lab, name);
  if (!existsSync(files.ready)) return "absent";
  if (isRunning(lab, name)) return "running";
  return isBroken(lab, name) ? "broken" : "stopped";
}
