/** What every kind of inventory file is read into, before groups are resolved. */
import type { Location } from "../base/errors.ts";
import type { TrafficModel } from "./traffic.ts";
import type { HostSettings, LabSettings, Vars } from "./types.ts";

/** Settings and variables from one place, such as one group of the inventory or one vars file. */
export interface Layer {
  readonly settings: HostSettings;
  readonly vars: Vars;
  /** Where one of the layer's variables was written. */
  locate(name: string): Location | undefined;
}

export interface HostModel {
  readonly name: string;
  readonly layer: Layer;
  /** From host_vars, wins over `layer`. */
  readonly overlay?: Layer | undefined;
  /** A function, as looking a position up costs more than making a host. */
  locate(): Location | undefined;
}

export interface GroupModel {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly children: readonly string[];
  readonly priority: number | undefined;
  readonly layer: Layer;
  /** From group_vars, one for each folder of them; wins over the layers of all groups in the inventory files. */
  readonly overlays?: readonly (Layer | undefined)[] | undefined;
  /** Where the group, or one of its parts, was written. */
  locate(part?: "hosts" | "children"): Location | undefined;
}

export interface InventoryModel {
  readonly location: Location | undefined;
  readonly hosts: ReadonlyMap<string, HostModel>;
  readonly groups: ReadonlyMap<string, GroupModel>;
  readonly traffic: readonly TrafficModel[];
  readonly lab: LabSettings;
}

/** A layer that says nothing. */
export const emptyLayer: Layer = { settings: {}, vars: {}, locate: () => undefined };
