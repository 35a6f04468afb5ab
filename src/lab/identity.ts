import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exec } from "./exec.ts";
import { packageCachePort } from "./package-cache.ts";
import { hostFiles, type Lab, type LabHost, labFiles } from "./spec.ts";

/** Writes what makes a copy of the base this host: its names, address, login and way to packages. */
export async function writeIdentity(lab: Lab, host: LabHost): Promise<void> {
  const { root, ready } = hostFiles(lab, host.name);
  const write = async (path: string, content: string, mode = 0o644) => {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { mode });
    await chmod(target, mode); // whatever our umask is
  };
  const others = lab.hosts.map(({ name, address }) => `${address}\t${name}\n`).join("");
  await write("etc/hostname", `${host.name}\n`);
  await write("etc/hosts", `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${others}`);
  // With an id of its own, systemd doesn't take this boot for a first one, which takes longer.
  await write("etc/machine-id", `${randomBytes(16).toString("hex")}\n`, 0o444);
  await write("etc/resolv.conf", await resolvConf());
  await write("etc/systemd/network/10-host0.network", networkUnit(lab, host));
  await write("etc/apt/apt.conf.d/01lab", aptConf(lab));
  await write(`etc/sudoers.d/${lab.user}`, `${lab.user} ALL=(ALL:ALL) NOPASSWD: ALL\n`, 0o440);

  await exec([
    "chroot",
    root,
    "useradd",
    "--create-home",
    "--shell",
    "/bin/bash",
    "--password",
    "*",
    lab.user,
  ]);
  const { uid, gid } = await stat(join(root, "home", lab.user));
  await write(
    `home/${lab.user}/.ssh/authorized_keys`,
    await readFile(labFiles(lab).publicKey, "utf8"),
    0o600,
  );
  await chmod(join(root, "home", lab.user, ".ssh"), 0o700);
  for (const path of [".ssh", ".ssh/authorized_keys"])
    await chown(join(root, "home", lab.user, path), uid, gid);
  await writeFile(ready, "");
}

function networkUnit({ prefix, gateway }: Lab, { address }: LabHost): string {
  return `[Match]
Name=host0

[Network]
Address=${address}/${prefix}
Gateway=${gateway}
DHCP=no
IPv6AcceptRA=no
LLMNR=no
`;
}

function aptConf({ gateway }: Lab): string {
  return `Acquire::http::Proxy "http://${gateway}:${packageCachePort}";
Acquire::https::Proxy "DIRECT";
`;
}

/** The machine's own resolver may listen on its loopback only, where no host reaches it. */
async function resolvConf(): Promise<string> {
  const own = await readFile("/etc/resolv.conf", "utf8");
  const upstream = "/run/systemd/resolve/resolv.conf";
  return /^nameserver\s+127\./m.test(own) && existsSync(upstream) ? readFile(upstream, "utf8") : own;
}
