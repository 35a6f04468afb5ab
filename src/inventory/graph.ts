/** The groups of an inventory as a graph: their parents and depths, and a check that there is no cycle. */
import { didYouMean } from "../base/suggest.ts";
import { invalid } from "./invalid.ts";
import { emptyLayer, type GroupModel, type InventoryModel } from "./model.ts";

/** A group in its place. `parents` and `children` are in the order written. */
export interface GroupNode {
  readonly model: GroupModel;
  readonly parents: GroupNode[];
  readonly children: GroupNode[];
  depth: number;
}

/**
 * Links the groups, `all` and `ungrouped` first, and the others in the order of their definition.
 *
 * @throws ShowrunnerError "inventory.invalid" for an unknown child or host, or a cycle
 */
export function linkGroups(model: InventoryModel): Map<string, GroupNode> {
  const nodes = new Map<string, GroupNode>();
  for (const name of ["all", "ungrouped", ...model.groups.keys()])
    if (!nodes.has(name)) nodes.set(name, node(model.groups.get(name) ?? implicitGroup(name)));
  for (const group of nodes.values()) {
    validateHosts(group.model, model);
    for (const name of new Set(group.model.children)) link(group, name, nodes);
  }
  const all = nodes.get("all");
  for (const group of nodes.values())
    if (all && group !== all && group.parents.length === 0) {
      group.parents.push(all);
      all.children.push(group);
    }
  setDepths([...nodes.values()]);
  return nodes;
}

function node(model: GroupModel): GroupNode {
  return { model, parents: [], children: [], depth: 0 };
}

function implicitGroup(name: string): GroupModel {
  return {
    name,
    hosts: [],
    children: [],
    priority: undefined,
    layer: emptyLayer,
    locate: () => undefined,
  };
}

function validateHosts({ name, hosts, locate }: GroupModel, model: InventoryModel): void {
  for (const host of hosts)
    if (!model.hosts.has(host)) {
      const hint = model.groups.has(host)
        ? `"${host}" is a group: name it in children.`
        : "Define the host in hosts of the inventory.";
      const guess = didYouMean(host, model.hosts.keys());
      throw invalid(`group "${name}" names the unknown host "${host}"${guess}`, locate("hosts"), hint);
    }
}

function link(parent: GroupNode, name: string, nodes: ReadonlyMap<string, GroupNode>): void {
  const child = nodes.get(name);
  const { name: parentName, locate } = parent.model;
  if (!child) {
    const guess = didYouMean(name, nodes.keys());
    throw invalid(`group "${parentName}" names the unknown child "${name}"${guess}`, locate("children"));
  }
  if (name === "all") throw invalid(`group "${parentName}": "all" can't be a child`, locate("children"));
  const special = [parentName, name].includes("ungrouped");
  if (special && parentName !== "all")
    throw invalid(
      `"ungrouped" is the hosts that are in no group, so it has no children and is no child`,
      locate("children"),
    );
  parent.children.push(child);
  child.parents.push(parent);
}

/** In topological order, so that a depth is final when its children look at it. */
function setDepths(nodes: readonly GroupNode[]): void {
  const waiting = new Map(nodes.map((group) => [group, group.parents.length]));
  const ready = nodes.filter((group) => group.parents.length === 0);
  for (const group of ready) {
    waiting.delete(group);
    for (const child of group.children) {
      child.depth = Math.max(child.depth, group.depth + 1);
      const left = (waiting.get(child) ?? 0) - 1;
      waiting.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  if (waiting.size > 0) throw cycle(waiting);
}

function cycle(waiting: ReadonlyMap<GroupNode, number>) {
  // Every group left has a parent that is left, so going up from any of them runs into a circle.
  const path: GroupNode[] = [];
  let group = waiting.keys().next().value;
  while (group && !path.includes(group)) {
    path.push(group);
    group = group.parents.find((parent) => waiting.has(parent));
  }
  const circle = path.slice(group ? path.indexOf(group) : 0).reverse();
  const names = [...circle, ...circle.slice(0, 1)].map(({ model }) => `"${model.name}"`);
  return invalid(
    `the groups ${names.join(" → ")} are each other's children`,
    circle[0]?.model.locate("children"),
    "A group can't be its own descendant: take one of the children away.",
  );
}
