/** Hosts and inventories, as the engine and the code of steps see them. */
import type { Location } from "./errors.ts";

/** A host as the inventory describes it. */
export interface HostInfo {
  readonly name: string;
  /** Where it is reached: a name or an IP address. */
  readonly address: string;
  /** Every group that it is in, also by way of another group. */
  readonly groups: readonly string[];
  /** Its variables, those of its groups included. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** Where the variable's value was written. */
  varLocation(name: string): Location | undefined;
}

/** Who may talk to whom, as the inventory says: one rule, with its hosts. */
export interface Traffic {
  /** What it is good for. */
  readonly what: string;
  readonly protocol: "tcp" | "udp" | "vrrp";
  /** Empty for `vrrp`, which has none. */
  readonly ports: readonly number[];
  /** Who begins, as it was written. */
  readonly from: readonly string[];
  /** Who is reached, as it was written. */
  readonly to: string;
  /** Whether anybody may begin. */
  readonly isOpen: boolean;
  /** Addresses and networks that the rule names by themselves. */
  readonly networks: readonly string[];
  readonly sources: readonly HostInfo[];
  readonly targets: readonly HostInfo[];
}

/** What the engine needs of an inventory. */
export interface InventoryView {
  host(name: string): HostInfo;
  group(name: string): readonly HostInfo[];
  readonly groups: { has(name: string): boolean };
  /** Who may talk to whom; empty where the inventory does not say. */
  readonly traffic: readonly Traffic[];
  /** @param options limit: a further pattern; allowEmpty: an empty match is no error */
  select(pattern: string, options?: { limit?: string; allowEmpty?: boolean }): readonly HostInfo[];
}
