/** Inventories: hosts, groups, their variables, and the patterns that choose among them. */
export { Inventory, inventory, isInventory } from "./inventory.ts";
export { type ImportModule, loadInventory } from "./load.ts";
export { expandRange } from "./ranges.ts";
export type { TrafficRule } from "./traffic.ts";
export type {
  Group,
  GroupDefinition,
  Host,
  HostDefinition,
  HostRange,
  HostSettings,
  InventoryDefinition,
  LabSettings,
  Password,
  SelectOptions,
  Vars,
} from "./types.ts";
