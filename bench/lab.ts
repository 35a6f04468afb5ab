/** The bench's own five hosts. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LabSpec, labFiles } from "../src/lab/index.ts";

/** The checkout. */
export const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the bench writes: results, and what Ansible needs. */
export const benchFolder = join(projectFolder, ".showrunner", "bench");

/** The same hosts as in `inventory.ts`. */
export const lab: LabSpec = {
  name: "bench",
  network: "10.82.0.0/24",
  suite: "bookworm",
  user: "deploy",
  hosts: [1, 2, 3, 4, 5].map((number) => ({ name: `host${number}`, address: `10.82.0.1${number}` })),
  stateDir: join(projectFolder, ".showrunner", "lab", "bench"),
};

/** Options for OpenSSH's client: the lab's key and host keys, and nothing of the user's own configuration. */
export const sshOptions: readonly string[] = [
  "-F",
  "none",
  "-i",
  labFiles(lab).key,
  "-o",
  "IdentitiesOnly=yes",
  "-o",
  "BatchMode=yes",
  "-o",
  `UserKnownHostsFile=${labFiles(lab).knownHosts}`,
  "-o",
  "StrictHostKeyChecking=yes",
];
