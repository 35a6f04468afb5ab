/** What plays ask about other hosts of the inventory. */
import type { HostInfo, InventoryView } from "showrunner";

export function addresses(inventory: InventoryView, group: string): string[] {
  return [...new Set(inventory.group(group).map(({ address }) => address))];
}

export function primary(inventory: InventoryView): HostInfo {
  const [first] = inventory.group("db_primary");
  if (!first) throw new Error("the inventory has no host in the group db_primary");
  return first;
}

/** The hosts that watch over the others: none where the inventory has no group `mon`. */
export function monitors(inventory: InventoryView): readonly HostInfo[] {
  return inventory.groups.has("mon") ? inventory.group("mon") : [];
}
