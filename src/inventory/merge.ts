/** Merges several inventories, as Ansible does: everything adds up, and values of a later inventory win. */
import { overlay } from "./ansible-vars.ts";
import type { GroupModel, HostModel, InventoryModel } from "./model.ts";

/**
 * Merges inventories.
 *
 * @param models in the order given; hosts and groups keep the place of their first mention
 */
export function mergeModels(models: readonly InventoryModel[]): InventoryModel {
  const [first] = models;
  return {
    location: first?.location,
    hosts: merged(
      models.map(({ hosts }) => hosts),
      mergeHosts,
    ),
    groups: merged(
      models.map(({ groups }) => groups),
      mergeGroups,
    ),
    traffic: models.flatMap(({ traffic }) => traffic),
    lab: Object.assign({}, ...models.map(({ lab }) => said(lab))),
  };
}

function merged<T>(
  maps: readonly ReadonlyMap<string, T>[],
  merge: (first: T, second: T) => T,
): Map<string, T> {
  const all = new Map<string, T>();
  for (const [name, model] of maps.flatMap((map) => [...map])) {
    const before = all.get(name);
    all.set(name, before === undefined ? model : merge(before, model));
  }
  return all;
}

function mergeHosts(first: HostModel, second: HostModel): HostModel {
  return { ...first, layer: overlay(first.layer, second.layer) };
}

function mergeGroups(first: GroupModel, second: GroupModel): GroupModel {
  return {
    ...first,
    hosts: [...first.hosts, ...second.hosts],
    children: [...first.children, ...second.children],
    priority: second.priority ?? first.priority,
    layer: overlay(first.layer, second.layer),
    locate: (part) => first.locate(part) ?? second.locate(part),
  };
}

/** Leaves out values that are undefined. */
function said<T extends object>(value: T): Partial<T> {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.assign({}, ...entries.map(([name, item]) => ({ [name]: item })));
}
