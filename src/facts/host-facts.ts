/** What is known of a host: its system, its hardware, its network. */

/** What is known of a host. Texts are empty where the host does not say. */
export interface HostFacts {
  /** The system's kind: `linux`. */
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
  /** The name that the host has for itself. */
  readonly hostname: string;
  /** From the host's own /etc/hosts; the DNS is not asked, since one that does not answer takes long. */
  readonly fqdn: string;
  /** Every address that others may reach it at: neither of the loopback nor link-local. */
  readonly addresses: readonly string[];
  /** By name: `interfaces["eth0"]`. Needs `ip` on the host, as do all addresses but those of `hostname -I`. */
  readonly interfaces: Readonly<Record<string, NetworkInterface>>;
  /** Where packets to the world come from: the IPv4 address, else the IPv6 one. Undefined without a default route. */
  readonly defaultAddress: string | undefined;
  /** The interface that these packets leave by. */
  readonly defaultInterface: string | undefined;
  /** How much there is, in bytes. */
  readonly memory: Memory;
  /** What the host computes with. */
  readonly processors: Processors;
  /** File systems that hold files: not /proc and its like. */
  readonly mounts: readonly Mount[];
  /** What process 1 is: `systemd`, `init`. */
  readonly init: string;
  /** systemd-detect-virt(1): `kvm`, `docker`, `systemd-nspawn`; `none` on hardware; empty where unknown. */
  readonly virtualisation: string;
  /** The host's own clock. */
  readonly time: HostTime;
}

export interface NetworkInterface {
  /** The hardware address: `52:54:00:12:34:56`. */
  readonly mac: string;
  /** The longest packet, in bytes. */
  readonly mtu: number;
  /** operstate: `up`, `down`, `unknown`. */
  readonly state: string;
  /** Every address that it has, of whatever scope. */
  readonly addresses: readonly InterfaceAddress[];
}

export interface InterfaceAddress {
  /** Without the length of the network's part. */
  readonly address: string;
  /** Length of the network's part, in bits. */
  readonly prefix: number;
  /** Which kind of address it is. */
  readonly family: "ipv4" | "ipv6";
  /** `global`, `link`, `host`. */
  readonly scope: string;
}

/** In bytes. */
export interface Memory {
  /** What the host has. */
  readonly total: number;
  /** What programs can still get without swapping. */
  readonly available: number;
  /** What there is to swap to. */
  readonly swap: number;
}

export interface Processors {
  /** Those that are switched on. */
  readonly count: number;
  /** What they call themselves. Empty where /proc/cpuinfo names none, as on ARM. */
  readonly model: string;
}

export interface Mount {
  /** Where it is mounted. */
  readonly path: string;
  /** What is mounted: `/dev/vda1`. */
  readonly device: string;
  /** `ext4`, `tmpfs`. */
  readonly type: string;
  /** `rw`, `noexec`. */
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
  /** How far the zone is from UTC: `+0200`. */
  readonly offset: string;
  /** Seconds since the host booted. */
  readonly uptime: number;
}
