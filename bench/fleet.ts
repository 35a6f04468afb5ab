/** Many hosts: as many connections to the far end (`far-end.ts`) as are wanted. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import { labFiles } from "../src/lab/index.ts";
import { leaderOf } from "../src/lab/machine.ts";
import { hostFiles } from "../src/lab/spec.ts";
import type { FarEnd } from "./far-end.ts";
import { loopbackInventory, loopbackKnownHosts } from "./inventories.ts";
import { lab, projectFolder } from "./lab.ts";

export interface Fleet {
  /** Writes an inventory of so many hosts. */
  inventory(hosts: number): Promise<string>;
  close(): void;
}

/** Starts the far end. Its host key is the one of the lab's first host. */
export async function startFleet(): Promise<Fleet> {
  const [first] = lab.hosts;
  if (!first) throw new Error("the lab has no hosts");
  const key = `${hostFiles(lab, first.name).root}/etc/ssh/ssh_host_ed25519_key`;
  const told: FarEnd = {
    hostKey: await readFile(key, "utf8"),
    accepts: await readFile(labFiles(lab).publicKey, "utf8"),
    leaders: lab.hosts.flatMap(({ name }) => leaderOf(lab, name)?.pid ?? []),
  };
  const { stdout } = await $({ quiet: true })`ssh-keygen -y -f ${key}`;
  const jiti = join(projectFolder, "node_modules", "jiti", "lib", "jiti-cli.mjs");
  // in a group of its own: Ctrl-C is for the bench, which then ends it
  const farEnd = fork(jiti, [join(projectFolder, "bench", "far-end.ts")], { detached: true });
  farEnd.send(told);
  const [port] = await once(farEnd, "message");
  if (typeof port !== "number") throw new Error("the far end did not say its port");
  const knownHosts = await loopbackKnownHosts("fleet", [{ port, key: stdout.trim() }]);
  const login = { user: "root", identityFile: labFiles(lab).key, knownHosts };
  return {
    inventory: (hosts) =>
      loopbackInventory(
        `fleet-${hosts}`,
        login,
        new Map(Array.from({ length: hosts }, (_, index) => [`far${index + 1}`, port])),
      ),
    close: () => farEnd.disconnect(),
  };
}
