/** The groups of a host, and their values: shared by all hosts that are in the same groups. */
import type { GroupNode } from "./graph.ts";
import type { GroupModel, InventoryModel, Layer } from "./model.ts";

interface Membership {
  /** With all ancestors, by depth and then by name. */
  readonly groups: readonly string[];
  /** Of all these groups, the weakest first. */
  readonly layers: readonly Layer[];
}

/**
 * The membership of every host. A host in no group is in `ungrouped`.
 *
 * @param model the inventory, whose groups name only hosts that exist
 * @param nodes the linked groups
 */
export function memberships(
  model: InventoryModel,
  nodes: ReadonlyMap<string, GroupNode>,
): Map<string, Membership> {
  const direct = new Map<string, GroupNode[]>([...model.hosts.keys()].map((name) => [name, []]));
  for (const [name, group] of nodes)
    if (name !== "all" && name !== "ungrouped")
      for (const host of group.model.hosts) direct.get(host)?.push(group);

  const ungrouped = nodes.get("ungrouped");
  const shared = new Map<string, Membership>();
  const result = new Map<string, Membership>();
  for (const [host, groups] of direct) {
    if (groups.length === 0 && ungrouped) groups.push(ungrouped);
    const key = groups.map(({ model: group }) => group.name).join(" ");
    let membership = shared.get(key);
    if (!membership) {
      membership = membershipOf(groups);
      shared.set(key, membership);
    }
    result.set(host, membership);
  }
  return result;
}

function membershipOf(direct: readonly GroupNode[]): Membership {
  const found = new Set(direct);
  // A set that is added to while it is walked hands out the added ones too.
  for (const group of found) for (const parent of group.parents) found.add(parent);
  const groups = [...found].sort((a, b) => a.depth - b.depth || byName(a, b));
  const strength = groups.toSorted((a, b) => a.depth - b.depth || priority(a) - priority(b) || byName(a, b));
  return {
    groups: groups.map(({ model }) => model.name),
    layers: groupLayers(strength),
  };
}

/**
 * Ansible's order: what vars files say of any group wins over what the inventory says of every group. Among the files,
 * those of `all` come first; then the folders one after the other, each with all its groups.
 */
export function groupLayers(groups: readonly GroupNode[]): Layer[] {
  const models = groups.map(({ model }) => model);
  const overlays = (of: readonly GroupModel[]) => {
    const folders = Math.max(0, ...of.map(({ overlays: each = [] }) => each.length));
    return Array.from({ length: folders }, (_, at) =>
      of.flatMap((model) => model.overlays?.[at] ?? []),
    ).flat();
  };
  return [
    ...models.map(({ layer }) => layer),
    ...overlays(models.filter(({ name }) => name === "all")),
    ...overlays(models.filter(({ name }) => name !== "all")),
  ];
}

function priority({ model }: GroupNode): number {
  return model.priority ?? 1;
}

function byName(a: GroupNode, b: GroupNode): number {
  return a.model.name < b.model.name ? -1 : 1;
}
