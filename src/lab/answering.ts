import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ShowrunnerError } from "../base/errors.ts";
import { lastLines } from "./exec.ts";
import { leaderOf, supervisorOf } from "./machine.ts";
import { hostFiles, type Lab, type LabHost } from "./spec.ts";

const patienceMs = 60_000;

/** Waits until the host answers on port 22 and lets users in. */
export async function waitForLogin(lab: Lab, host: LabHost): Promise<void> {
  const deadline = Date.now() + patienceMs;
  const started = Date.now();
  while (!(await answers(host.address)) || refusesUsers(lab, host.name)) {
    // The supervisor records its process a moment after it is started.
    const dead = Date.now() - started > 1_000 && !supervisorOf(lab, host.name);
    if (dead || Date.now() > deadline) {
      const log = await readFile(hostFiles(lab, host.name).console, "utf8").catch(() => "");
      const why = dead ? "ended while booting" : `does not answer on port 22 after ${patienceMs / 1000} s`;
      throw new ShowrunnerError("lab.failed", `${host.name} ${why}`, { details: lastLines(log) });
    }
    await sleep(40);
  }
}

/** Whether an SSH server answers at this address. */
export function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => done(false));
    socket.once("data", (data) => done(data.toString("latin1").startsWith("SSH-")));
    socket.once("error", () => done(false));
    socket.once("end", () => done(false));
  });
}

/** A host that is still booting answers SSH but turns everybody except root away. */
function refusesUsers(lab: Lab, name: string): boolean {
  const leader = leaderOf(lab, name);
  return leader === undefined || existsSync(`/proc/${leader.pid}/root/run/nologin`);
}
