/** The bench's own five hosts. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LabSpec, labFiles } from "../src/lab/index.ts";
import { prefix } from "./network.ts";

/** The checkout. */
export const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the bench writes: results, and what Ansible needs. */
export const benchFolder = join(projectFolder, ".showrunner", "bench");

/** The same hosts as in `inventory.ts`. */
export const lab: LabSpec = {
  name: "bench",
  network: `${prefix}.0/24`,
  suite: "bookworm",
  user: "deploy",
  hosts: [1, 2, 3, 4, 5].map((number) => ({ name: `host${number}`, address: `${prefix}.1${number}` })),
  stateDir: join(projectFolder, ".showrunner", "lab", "bench"),
};

/** Options for OpenSSH's client: the lab's key, and nothing of the user's own configuration. */
export const sshOptions = (knownHosts = labFiles(lab).knownHosts): readonly string[] => [
  "-F",
  "none",
  "-i",
  labFiles(lab).key,
  "-o",
  "IdentitiesOnly=yes",
  "-o",
  "BatchMode=yes",
  "-o",
  `UserKnownHostsFile=${knownHosts}`,
  "-o",
  "StrictHostKeyChecking=yes",
];
