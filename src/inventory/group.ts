/** A group with the hosts of its descendants, collected when they are first asked for. */
import type { Location } from "../base/errors.ts";
import type { GroupNode } from "./graph.ts";
import { groupLayers } from "./membership.ts";
import type { Group, Host, Vars } from "./types.ts";

export class InventoryGroup implements Group {
  readonly name: string;
  readonly depth: number;
  readonly priority: number;
  readonly #node: GroupNode;
  readonly #hostsOf: (node: GroupNode) => Iterable<Host>;
  #hosts: readonly Host[] | undefined;

  /** @param hostsOf the hosts that are in a group themselves */
  constructor(node: GroupNode, hostsOf: (node: GroupNode) => Iterable<Host>) {
    this.name = node.model.name;
    this.depth = node.depth;
    this.priority = node.model.priority ?? 1;
    this.#node = node;
    this.#hostsOf = hostsOf;
  }

  get parents(): string[] {
    return this.#node.parents.map(({ model }) => model.name);
  }

  get children(): string[] {
    return this.#node.children.map(({ model }) => model.name);
  }

  get hosts(): readonly Host[] {
    this.#hosts ??= this.#collect();
    return this.#hosts;
  }

  get vars(): Readonly<Vars> {
    return Object.fromEntries(groupLayers([this.#node]).flatMap(({ vars }) => Object.entries(vars)));
  }

  get location(): Location | undefined {
    return this.#node.model.locate();
  }

  #collect(): Host[] {
    const groups = new Set([this.#node]);
    const hosts = new Set<Host>();
    // Sets that grow while they are walked: level by level, every group and host once.
    for (const group of groups) {
      for (const host of this.#hostsOf(group)) hosts.add(host);
      for (const child of group.children) groups.add(child);
    }
    return [...hosts];
  }
}
