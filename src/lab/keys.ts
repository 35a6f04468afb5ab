import { existsSync } from "node:fs";
import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exec } from "./exec.ts";
import { hostFiles, type Lab, labFiles } from "./spec.ts";

/** The lab's own key pair, made once. */
export async function ensureKeys(lab: Lab): Promise<void> {
  const { key, publicKey } = labFiles(lab);
  // The public key is written last: without it the pair is incomplete.
  if (existsSync(publicKey)) return;
  await rm(key, { force: true });
  await exec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", `showrunner lab ${lab.name}`, "-f", key]);
  await chmod(key, 0o600);
}

/** Writes the hosts' keys, read from their disks, so that no client has to trust at first sight. */
export async function writeKnownHosts(lab: Lab): Promise<void> {
  const { knownHosts } = labFiles(lab);
  const lines: string[] = [];
  for (const host of lab.hosts) {
    for (const type of ["ed25519", "ecdsa"]) {
      const file = join(hostFiles(lab, host.name).root, `etc/ssh/ssh_host_${type}_key.pub`);
      if (!existsSync(file)) continue;
      const [kind, key] = (await readFile(file, "utf8")).split(" ");
      lines.push(`${host.name},${host.address} ${kind} ${key?.trim()}\n`);
    }
  }
  await writeFile(`${knownHosts}.new`, lines.join(""), { mode: 0o600 });
  await rename(`${knownHosts}.new`, knownHosts);
}
