/** An inventory: its hosts and groups, and the hosts that a pattern means. */
import { isIPv4 } from "node:net";
import type { Location } from "../base/errors.ts";
import type { Traffic } from "../base/host.ts";
import { callerLocation } from "../base/location.ts";
import { readDefinition } from "./definition.ts";
import { linkGroups } from "./graph.ts";
import { InventoryGroup } from "./group.ts";
import { InventoryHost, implicitLocalhost } from "./host.ts";
import { groupLayers, memberships } from "./membership.ts";
import type { InventoryModel, Layer } from "./model.ts";
import { localNames } from "./names.ts";
import { unknownGroup, unknownHost } from "./pattern-errors.ts";
import { selectHosts } from "./patterns.ts";
import { resolveTraffic } from "./traffic.ts";
import type { Group, Host, InventoryDefinition, LabSettings, SelectOptions } from "./types.ts";

/** Known by a registered symbol and not by its class: an inventory may come from another copy of this module. */
const brand = Symbol.for("showrunner.inventory");

export class Inventory {
  /** What it was made from. */
  readonly [brand]: InventoryModel;
  /** In the order of their definition. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** `all`, `ungrouped`, and the others in the order of their definition. */
  readonly groups: ReadonlyMap<string, Group>;
  /** Who may talk to whom. */
  readonly traffic: readonly Traffic[];
  readonly location: Location | undefined;
  readonly #lab: LabSettings;
  readonly #allLayers: readonly Layer[];
  #localhost: Host | undefined;

  /** Made by `inventory()` and `loadInventory()`. */
  constructor(model: InventoryModel) {
    const nodes = linkGroups(model);
    const members = memberships(model, nodes);
    const hosts = new Map<string, Host>();
    for (const [name, host] of model.hosts) {
      const { groups = [], layers = [] } = members.get(name) ?? {};
      hosts.set(name, new InventoryHost(host, groups, layers));
    }
    const hostsOf = (names: readonly string[]) => names.flatMap((name) => hosts.get(name) ?? []);
    const ungrouped = () => [...hosts.values()].filter(({ groups }) => groups.includes("ungrouped"));
    const groups = new Map<string, Group>();
    for (const [name, node] of nodes)
      groups.set(
        name,
        new InventoryGroup(node, ({ model: group }) => {
          if (group.name === "all") return hosts.values();
          return group.name === "ungrouped" ? ungrouped() : hostsOf(group.hosts);
        }),
      );
    const all = nodes.get("all");
    this.hosts = hosts;
    this.groups = groups;
    this.location = model.location;
    this.#lab = model.lab;
    this[brand] = model;
    this.#allLayers = all ? groupLayers([all]) : [];
    this.traffic = model.traffic.map((rule) =>
      resolveTraffic(rule, (pattern) => this.select(pattern, { allowEmpty: true })),
    );
  }

  /** The lab's settings, with the /24 around the first host's address where no network is given. */
  get lab(): LabSettings {
    const [first] = this.hosts.values();
    const derived = first && isIPv4(first.address) ? first.address.replace(/\d+$/, "0/24") : undefined;
    return { ...this.#lab, network: this.#lab.network ?? derived };
  }

  /**
   * The hosts of a group and its descendants.
   *
   * @throws ShowrunnerError "inventory.pattern" for an unknown group
   */
  group(name: string): Host[] {
    const group = this.groups.get(name);
    if (!group) throw unknownGroup(this, name);
    return [...group.hosts];
  }

  /**
   * One host. `localhost` is there without being defined.
   *
   * @throws ShowrunnerError "inventory.pattern" for an unknown host
   */
  host(name: string): Host {
    const host = this.hosts.get(name);
    if (host) return host;
    if (localNames.includes(name)) return this.localhost(name);
    throw unknownHost(this, name);
  }

  /**
   * The hosts that an Ansible host pattern means.
   *
   * @param pattern such as `all`, `web:&prod:!web[0]`, `*.example.com` or `~web\d+`
   * @throws ShowrunnerError "inventory.pattern" for an unknown name, or where no host is left
   *
   * @example
   * inventory.select("web:!retired", { limit: "web1" });
   */
  select(pattern: string | readonly string[], options: SelectOptions = {}): Host[] {
    return selectHosts(this, pattern, options);
  }

  /** The control machine: the host that the inventory defines by one of its names, or an implicit one. */
  localhost(name = "localhost"): Host {
    const defined = localNames.flatMap((local) => this.hosts.get(local) ?? [])[0];
    this.#localhost ??= defined ?? implicitLocalhost(name, this.#allLayers);
    return this.#localhost;
  }
}

/**
 * Makes an inventory. A file of the folder `inventory` exports one as its default.
 *
 * @param definition hosts and groups, with their settings and variables
 * @throws ShowrunnerError "inventory.invalid" for a mistake in it, at its line
 *
 * @example
 * export default inventory({
 *   hosts: { "web[1:3]": { user: "admin" }, db1: { address: "192.0.2.20", vars: { role: "primary" } } },
 *   groups: { web: { hosts: ["web[1:3]"] }, db: { hosts: ["db1"] } },
 * });
 */
export function inventory(definition: InventoryDefinition): Inventory {
  return new Inventory(readDefinition(definition, callerLocation()));
}

/** What an inventory was made from: several are merged by it. */
export function modelOf(inventory: Inventory): InventoryModel {
  return inventory[brand];
}

/** Whether a value is an inventory. */
export function isInventory(value: unknown): value is Inventory {
  return typeof value === "object" && value !== null && brand in value;
}
