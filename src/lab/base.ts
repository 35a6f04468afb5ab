import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { exec } from "./exec.ts";
import type { Progress, Suite } from "./spec.ts";

/** Shared by every checkout on this machine. */
export const cacheDir = "/var/cache/showrunner";

const packages = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "openssh-server",
  "sudo",
  "iproute2",
  "iputils-ping",
  "procps",
  "netbase",
  "tzdata",
  "ca-certificates",
];

/** Units that a throw-away host does not need: consoles, and maintenance of disks that it doesn't have. */
const masked = [
  "console-getty.service",
  "getty@tty1.service",
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "systemd-pstore.service",
  "dev-hugepages.mount",
];

/** RSA keys take a second each to make, and no client that speaks to a lab needs them. */
const hostKeysUnit = `[Unit]
Description=Make this host's SSH host keys
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key
Before=ssh.service

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -q -t ecdsa -N "" -f /etc/ssh/ssh_host_ecdsa_key
ExecStart=/usr/bin/ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key

[Install]
RequiredBy=ssh.service
`;

/**
 * Builds under a temporary name and renames, so that a crash leaves no partial base. It runs in a mount and process
 * namespace of its own, so that the builder's mounts and processes end with it. $1 is the target.
 */
const buildScript = `
set -eu
target="$1"; suite="$2"; keys="$3"; masked="$4"; shift 4
[ ! -d "$target" ] || exit 0
root="$target.partial"
rm -rf --one-file-system "$root"
"$@" "$suite" "$root"
rm -f "$root"/etc/ssh/ssh_host_* "$root"/etc/resolv.conf "$root"/etc/hostname
printf '%s' "$keys" > "$root/etc/systemd/system/ssh-host-keys.service"
printf 'LANG=C.UTF-8\\n' > "$root/etc/default/locale"
for unit in $masked; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
chroot "$root" systemctl --quiet enable systemd-networkd.service ssh.service ssh-host-keys.service
chroot "$root" apt-cache gencaches > /dev/null
mv -T "$root" "$target"
`;

/** A mirror of sid is sometimes out of date. The lists stay, so that hosts can install at once. */
function builder(suite: Suite): string[] {
  return [
    "mmdebstrap",
    "--quiet",
    "--mode=root",
    "--variant=minbase",
    "--skip=cleanup/apt/lists",
    "--dpkgopt=force-unsafe-io",
    '--aptopt=Acquire::Languages "none"',
    ...(suite === "sid" ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
    `--include=${packages.join(",")}`,
  ];
}

/** The directory of the suite's base system, named after its recipe. */
function basePath(suite: Suite): string {
  const recipe = JSON.stringify([builder(suite), masked, hostKeysUnit, buildScript]);
  return join(cacheDir, "lab", `${suite}-${createHash("sha256").update(recipe).digest("hex").slice(0, 12)}`);
}

/** The suite's base system, built if it isn't there yet. Two builders at once don't collide. */
export async function ensureBase(suite: Suite, progress: Progress): Promise<string> {
  const target = basePath(suite);
  if (existsSync(target)) return target;
  progress(`building the ${suite} base (once, about 20 s)`);
  await mkdir(join(cacheDir, "lab"), { recursive: true });
  const alone = [
    "setpriv",
    "--pdeathsig",
    "KILL",
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
  ];
  const build = [
    "sh",
    "-c",
    buildScript,
    "build",
    target,
    suite,
    hostKeysUnit,
    masked.join(" "),
    ...builder(suite),
  ];
  await exec([...alone, "flock", `${target}.lock`, ...build], { env: { DEBIAN_FRONTEND: "noninteractive" } });
  return target;
}
