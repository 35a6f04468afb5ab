/** What a host is: its system, its hardware, its network. */

import { defineFact, rawScript } from "../kit/index.ts";
import { parseHostFacts } from "./host-parse.ts";

/** What is known of a host. Texts are empty where the host does not say. */
export interface HostFacts {
  /** `linux` */
  readonly os: string;
  /** os-release(5): ID, `debian`. */
  readonly distribution: string;
  /** os-release(5): VERSION_ID, `12`. */
  readonly version: string;
  /** os-release(5): VERSION_CODENAME, `bookworm`. */
  readonly codename: string;
  /** os-release(5): PRETTY_NAME, `Debian GNU/Linux 12 (bookworm)`. */
  readonly description: string;
  /** uname(1): `x86_64`, `aarch64`. */
  readonly architecture: string;
  /** The kernel's release: `6.1.0-28-amd64`. */
  readonly kernel: string;
  readonly hostname: string;
  /** From the host's own /etc/hosts; the DNS is not asked, since one that does not answer takes long. */
  readonly fqdn: string;
  /** Every address that others may reach it at: neither of the loopback nor link-local. */
  readonly addresses: readonly string[];
  /** By name: `interfaces["eth0"]`. Needs `ip` on the host, as do all addresses but those of `hostname -I`. */
  readonly interfaces: Readonly<Record<string, NetworkInterface>>;
  /** Where packets to the world come from: the IPv4 address, else the IPv6 one. Undefined without a default route. */
  readonly defaultAddress: string | undefined;
  readonly defaultInterface: string | undefined;
  readonly memory: Memory;
  readonly processors: Processors;
  /** File systems that hold files: not /proc and its like. */
  readonly mounts: readonly Mount[];
  /** What process 1 is: `systemd`, `init`. */
  readonly init: string;
  /** systemd-detect-virt(1): `kvm`, `docker`, `systemd-nspawn`; `none` on hardware; empty where unknown. */
  readonly virtualisation: string;
  readonly time: HostTime;
}

export interface NetworkInterface {
  readonly mac: string;
  readonly mtu: number;
  /** operstate: `up`, `down`, `unknown`. */
  readonly state: string;
  readonly addresses: readonly InterfaceAddress[];
}

export interface InterfaceAddress {
  readonly address: string;
  /** Length of the network's part, in bits. */
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
  /** `global`, `link`, `host`. */
  readonly scope: string;
}

/** In bytes. */
export interface Memory {
  readonly total: number;
  /** What programs can still get without swapping. */
  readonly available: number;
  readonly swap: number;
}

export interface Processors {
  readonly count: number;
  /** Empty where /proc/cpuinfo names none, as on ARM. */
  readonly model: string;
}

export interface Mount {
  readonly path: string;
  readonly device: string;
  readonly type: string;
  readonly options: readonly string[];
  /** Bytes. Undefined for network file systems, which may not answer. */
  readonly size: number | undefined;
  /** Bytes that users may still write. */
  readonly available: number | undefined;
}

export interface HostTime {
  /** Seconds since 1970, when the facts were read. */
  readonly epoch: number;
  /** `Europe/Vienna`, or an abbreviation where the zone has no name. */
  readonly timezone: string;
  /** `+0200` */
  readonly offset: string;
  /** Seconds since the host booted. */
  readonly uptime: number;
}

/**
 * The facts of a host; its one key is `""`.
 *
 * @example
 * const { distribution, memory } = await host.fact(hostFacts, "");
 */
export const hostFacts = defineFact<string, HostFacts>({
  name: "host",
  restsOn: () => ["/etc/os-release", "/etc/hostname", "/etc/hosts", "/etc/timezone", "/etc/localtime"],
  lasting: ({ time, memory, mounts, ...lasting }) => ({
    ...lasting,
    timezone: time.timezone,
    memory: memory.total,
    mounts: mounts.map(({ available, ...mount }) => mount),
  }),
  // a host of many containers has thousands of mounts
  limit: () => 1024 * 1024,
  script: () => hostScript,
  parse(stdout, keys) {
    const facts = parseHostFacts(stdout.toString());
    return new Map(keys.map((key) => [key, facts]));
  },
});

/**
 * One `grep` prints all the small files, each line after its file's name. Sizes are asked of local file systems only:
 * `df` on a network one whose server is gone never returns.
 */
export const hostScript = rawScript(`
PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin
section() { printf '\\n== %s\\n' "$1"; }
set -- $(uname -snrm)
section uname; printf '%s\\n' "$@"
section files
grep -s '' /dev/null /etc/os-release /usr/lib/os-release /etc/timezone /proc/meminfo /proc/uptime /proc/1/comm \\
  /proc/self/mounts /sys/devices/system/cpu/online /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name \\
  /sys/class/net/*/address /sys/class/net/*/mtu /sys/class/net/*/operstate
section hosts; grep -F -w -s -e "$2" /etc/hosts
section cpu; sed -n '/^model name/{p;q;}' /proc/cpuinfo 2>/dev/null
section addresses; ip -o addr show 2>/dev/null || hostname -I 2>/dev/null
section route; ip -4 route get 8.8.8.8 2>/dev/null || ip -6 route get 2001:4860:4860::8888 2>/dev/null
section init; if [ -d /run/systemd/system ]; then echo systemd; fi
section container
if [ -r /run/systemd/container ]; then cat /run/systemd/container
elif [ -e /run/.containerenv ]; then echo podman
elif [ -e /.dockerenv ]; then echo docker; fi
section virt; systemd-detect-virt 2>/dev/null
section localtime; readlink /etc/localtime
section date; date '+%s %Z %z'
section df
set --
while read -r device path type rest; do
  case $type in ext[234]|xfs|btrfs|zfs|vfat|exfat|f2fs|jfs|reiserfs|overlay|tmpfs|squashfs|iso9660|erofs|bcachefs|ntfs3) ;; *) continue ;; esac
  case $path in *\\\\*) ;; *) set -- "$@" "$path" ;; esac
done </proc/self/mounts
if [ $# -gt 0 ]; then df -kP -- "$@" 2>/dev/null; fi
:`);
