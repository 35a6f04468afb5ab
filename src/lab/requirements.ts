import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import { pasted } from "../base/script.ts";
import { capture, commandEnv, lastLines } from "./exec.ts";
import type { Progress } from "./spec.ts";

/** The Debian package that brings each command the lab uses. */
const packageOf: Readonly<Record<string, string>> = {
  "systemd-nspawn": "systemd-container",
  mmdebstrap: "mmdebstrap",
  nft: "nftables",
  ip: "iproute2",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  nsenter: "util-linux",
  flock: "util-linux",
  mount: "mount",
};

/** A lab mounts file systems and makes network interfaces, which only root may. */
export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new ShowrunnerError("lab.missing", "the lab needs root: it mounts file systems and makes a network", {
    hint: `run it as root: sudo ${process.argv.map(pasted).join(" ")}`,
  });
}

/** Whether a command is there. */
export function hasCommand(name: string): boolean {
  return (commandEnv()["PATH"] ?? "").split(delimiter).some((dir) => existsSync(join(dir, name)));
}

/** Sees to it that every command is there, installing Debian packages where that is possible. */
export async function installRequirements(progress: Progress): Promise<void> {
  if (process.platform !== "linux") {
    throw new ShowrunnerError("lab.missing", "the lab's hosts are systemd-nspawn machines, which need Linux");
  }
  const commands = missing();
  if (commands.length === 0) return;
  const packages = [...new Set(commands.map((name) => packageOf[name] ?? name))];
  const install = [
    "apt-get",
    "-o",
    "DPkg::Lock::Timeout=120",
    "install",
    "-y",
    "-q",
    "--no-install-recommends",
    ...packages,
  ];
  if (!hasCommand("apt-get")) throw lacking(commands, packages);
  progress(`installing ${packages.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  let result = await capture(install, { env });
  if (result.code !== 0) {
    // A fresh machine has no package lists yet, and old ones name packages that are gone.
    await capture(["apt-get", "update", "-q"], { env });
    result = await capture(install, { env });
  }
  const still = missing();
  if (still.length > 0) throw lacking(still, packages, lastLines(`${result.stdout}\n${result.stderr}`));
}

function missing(): string[] {
  return Object.keys(packageOf).filter((name) => !hasCommand(name));
}

function lacking(commands: string[], packages: string[], details?: string[]): ShowrunnerError {
  return new ShowrunnerError("lab.missing", `the lab needs ${commands.join(", ")}`, {
    hint: `on Debian and Ubuntu: apt-get install ${packages.join(" ")}`,
    details,
  });
}
