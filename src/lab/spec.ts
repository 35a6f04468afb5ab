import { createHash } from "node:crypto";
import { isIPv4 } from "node:net";
import { isAbsolute, join } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";

/** One throw-away host. */
export interface LabHost {
  readonly name: string;
  /** IPv4, within the lab's network. */
  readonly address: string;
}

/** The Debian suites a lab can run. */
export type Suite = "bookworm" | "trixie" | "sid";

/** What a lab is made of. */
export interface LabSpec {
  /** Names the bridge and the nftables table; at most twelve characters. */
  readonly name: string;
  /** For example `10.77.0.0/24`. The bridge takes the first address. */
  readonly network: string;
  readonly suite: Suite;
  /** The login, with passwordless sudo. */
  readonly user: string;
  readonly hosts: readonly LabHost[];
  /** Absolute: the key pair, known_hosts and the hosts' own layers. */
  readonly stateDir: string;
}

/** Receives short sentences for a person. */
export type Progress = (line: string) => void;

/** A spec with everything that follows from it. */
export interface Lab extends LabSpec {
  readonly bridge: string;
  readonly table: string;
  /** The bridge's address: the hosts' way out and the package cache's address. */
  readonly gateway: string;
  /** The network's prefix length. */
  readonly prefix: number;
}

/** Where a lab keeps its files. */
export const labFiles = ({ stateDir }: Pick<LabSpec, "stateDir">) => ({
  /** The record of what was made, for `down`. */
  made: join(stateDir, "made.json"),
  key: join(stateDir, "id_ed25519"),
  publicKey: join(stateDir, "id_ed25519.pub"),
  knownHosts: join(stateDir, "known_hosts"),
  machines: join(stateDir, "machines"),
  snapshots: join(stateDir, "snapshots"),
  packageCache: join(stateDir, "package-cache.pid"),
  packageCacheLog: join(stateDir, "package-cache.log"),
});

/** Where one host keeps its files. */
export function hostFiles(lab: Pick<LabSpec, "stateDir">, name: string) {
  const dir = join(labFiles(lab).machines, name);
  return {
    dir,
    root: join(dir, "root"),
    upper: join(dir, "upper"),
    work: join(dir, "work"),
    /** The base system below the host's own layer. */
    base: join(dir, "base"),
    /** Exists once the host's files are all written. */
    ready: join(dir, "ready"),
    pid: join(dir, "pid"),
    console: join(dir, "console.log"),
  };
}

/** Where a snapshot of one host is kept. */
export function snapshotFiles(lab: Pick<LabSpec, "stateDir">, name: string, label: string) {
  const dir = join(labFiles(lab).snapshots, label, name);
  return {
    dir,
    /** The host's own layer at that time. */
    upper: join(dir, "upper"),
    /** The base that a host made from the snapshot is mounted upon. */
    base: join(dir, "base"),
  };
}

/**
 * The host's name as a machine. Its network interface is `vb-` before it, and the kernel allows 15
 * characters; shortened here, so that the interface's name is known and can be removed after a crash.
 */
export function machineName(labName: string, hostName: string): string {
  const full = `${labName}-${hostName}`;
  if (full.length <= 12) return full;
  return `${full.slice(0, 6)}-${createHash("sha256").update(full).digest("hex").slice(0, 5)}`;
}

/** Checks a spec and adds what follows from it. */
export function labOf(spec: LabSpec): Lab {
  const problems: string[] = [];
  if (!/^[a-z][a-z0-9-]{0,11}$/.test(spec.name)) {
    problems.push(`name: expected up to 12 of a-z, 0-9 and "-", got "${spec.name}"`);
  }
  if (!isAbsolute(spec.stateDir) || /[,:\\\s]/.test(spec.stateDir)) {
    problems.push(`stateDir: expected an absolute path without , : \\ or spaces, got "${spec.stateDir}"`);
  }
  if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(spec.user) || spec.user === "root") {
    problems.push(`user: expected a login other than root, got "${spec.user}"`);
  }
  const [base = "", length = ""] = spec.network.split("/");
  const prefix = Number(length);
  const valid = isIPv4(base) && Number.isInteger(prefix) && prefix >= 8 && prefix <= 30;
  const size = 2 ** (32 - prefix);
  const first = valid ? toNumber(base) : 0;
  if (!valid || first % size !== 0) {
    problems.push(`network: expected an IPv4 network such as 10.77.0.0/24, got "${spec.network}"`);
  }
  const seen = new Set<string>();
  for (const { name, address } of spec.hosts) {
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) problems.push(`hosts: "${name}" is no host name`);
    const offset = isIPv4(address) ? toNumber(address) - first : -1;
    if (valid && (offset < 2 || offset >= size - 1)) {
      problems.push(`hosts: ${name} has the address ${address}, which is no host's in ${spec.network}`);
    }
    for (const key of [name, address]) {
      if (seen.has(key)) problems.push(`hosts: ${key} is there twice`);
      seen.add(key);
    }
  }
  if (problems.length > 0) {
    throw new ShowrunnerError("usage", `the lab "${spec.name}" can't be made as described`, {
      details: problems,
    });
  }
  return {
    ...spec,
    bridge: `sr-${spec.name}`,
    table: `showrunner_${spec.name.replaceAll("-", "_")}`,
    gateway: toAddress(first + 1),
    prefix,
  };
}

/** The host of that name. */
export function hostOf(lab: LabSpec, name: string): LabHost {
  const host = lab.hosts.find((one) => one.name === name);
  if (host) return host;
  throw new ShowrunnerError("usage", `the lab "${lab.name}" has no host "${name}"`, {
    hint: `its hosts are ${lab.hosts.map((one) => one.name).join(", ")}`,
  });
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
