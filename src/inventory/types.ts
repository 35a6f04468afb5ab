/** The types of an inventory as a user writes it, and as it is read. */
import type { Location } from "../base/errors.ts";
import type { Transport } from "../transport/custom.ts";
import type { TrafficRule } from "./traffic.ts";

/** A host name, or a range of them: `web[01:20]`, `db[a:c]`. */
export type HostRange = string;

export type Vars = Record<string, unknown>;

/** A password as text, or as a secret value that is only revealed when it is used. */
export type Password = string | { reveal(): string };

/** How to reach a host, and whom to become on it. */
export interface HostSettings {
  /** Where to connect to; by default the host's name. */
  readonly address?: string | undefined;
  /** By default 22. */
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** The private key's file. */
  readonly identityFile?: string | undefined;
  /** Opens the private key, where it is encrypted. */
  readonly passphrase?: Password | undefined;
  readonly password?: Password | undefined;
  /** Whether processes on the host may use the keys of this machine's agent. By default false. */
  readonly forwardAgent?: boolean | undefined;
  /** The known_hosts file to read and to pin new keys in. */
  readonly knownHosts?: string | undefined;
  /** "pin" (the default) accepts a key on first use, "known" wants it known, "insecure" checks nothing. */
  readonly hostKeys?: "pin" | "known" | "insecure" | undefined;
  /**
   * The jump hosts on the way, the first one first: `user@bastion:port,…` as OpenSSH's ProxyJump has it, or a list.
   * A name of the inventory stands for that host with its own settings; any other jump host is reached with this
   * host's key. "none" takes away what a group says.
   */
  readonly jump?: string | readonly string[] | undefined;
  /**
   * "ssh" (the default) is built in, "openssh" is this machine's ssh with all that it can do, "local" is this machine
   * itself; `defineTransport` makes others.
   */
  readonly transport?: "ssh" | "openssh" | "local" | Transport | undefined;
  /**
   * Whether one run at a time may change the host (see docs/handlers.md). Default: true; false with the transport
   * "local", since many runs start from the control machine at once.
   */
  readonly lease?: boolean | undefined;
  readonly become?: boolean | undefined;
  readonly becomeUser?: string | undefined;
  /** The program through which another user is become. By default sudo. */
  readonly becomeMethod?: "sudo" | "su" | "doas" | undefined;
  /** What that program asks for: the password of the connection's user, or with su that of the user to become. */
  readonly becomePassword?: Password | undefined;
  /** In seconds. */
  readonly connectTimeout?: number | undefined;
}

export interface HostDefinition extends HostSettings {
  readonly vars?: Vars | undefined;
}

export interface GroupDefinition {
  /** Names or ranges of hosts that the inventory defines. */
  readonly hosts?: readonly HostRange[] | undefined;
  /** Names of groups whose hosts are in this group too. */
  readonly children?: readonly string[] | undefined;
  readonly settings?: HostSettings | undefined;
  readonly vars?: Vars | undefined;
  /** Of two groups at the same depth the one with the higher priority wins; by default 1. */
  readonly priority?: number | undefined;
}

/** How `lab` commands make throw-away hosts for an inventory. */
export interface LabSettings {
  /** In CIDR notation; by default the /24 around the first host's address. */
  readonly network?: string | undefined;
  readonly suite?: "bookworm" | "trixie" | "sid" | undefined;
}

/** The argument of `inventory()`. */
export interface InventoryDefinition {
  readonly hosts?: Readonly<Record<HostRange, HostDefinition>> | undefined;
  readonly groups?: Readonly<Record<string, GroupDefinition>> | undefined;
  /** Settings of every host, as if they were written in the group `all`. */
  readonly settings?: HostSettings | undefined;
  /** Variables of every host, as if they were written in the group `all`. */
  readonly vars?: Vars | undefined;
  /** Who may talk to whom: the role `firewall` lets this through and nothing else, `run firewall` shows it. */
  readonly traffic?: readonly TrafficRule[] | undefined;
  readonly lab?: LabSettings | undefined;
}

/** One host with everything that its groups and itself say about it. */
export interface Host {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string | undefined;
  /** The merged settings. */
  readonly settings: HostSettings;
  /** The merged variables. */
  readonly vars: Readonly<Vars>;
  /** All the groups that the host is in, ancestors and `all` too, by depth and then by name. */
  readonly groups: readonly string[];
  readonly location: Location | undefined;
  /** Where the value of a variable was written that won; undefined for a variable there isn't. */
  varLocation(name: string): Location | undefined;
}

/** One group, with the hosts of its descendants. */
export interface Group {
  readonly name: string;
  /** 0 for `all`, else one more than the deepest parent's. */
  readonly depth: number;
  readonly priority: number;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  /** The group's own hosts in the order written, then its descendants', level by level. */
  readonly hosts: readonly Host[];
  /** The group's own variables, without its parents'. */
  readonly vars: Readonly<Vars>;
  readonly location: Location | undefined;
}

export interface SelectOptions {
  /** A second pattern that a host must match too (`--limit`); `@file` reads the terms from a file. */
  readonly limit?: string | readonly string[] | undefined;
  /** Return an empty list where the terms are all known but no host is left. By default an error. */
  readonly allowEmpty?: boolean | undefined;
}
