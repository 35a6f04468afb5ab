/** A host with what its groups and itself say, merged when it is first asked for. */
import type { Location } from "../base/errors.ts";
import type { HostModel, Layer } from "./model.ts";
import type { Host, HostSettings, Vars } from "./types.ts";

const sshPort = 22;

export class InventoryHost implements Host {
  readonly name: string;
  readonly groups: readonly string[];
  readonly #model: HostModel;
  readonly #groupLayers: readonly Layer[];
  #layers: readonly Layer[] | undefined;
  #settings: HostSettings | undefined;
  #vars: Readonly<Vars> | undefined;

  constructor(model: HostModel, groups: readonly string[], groupLayers: readonly Layer[]) {
    this.name = model.name;
    this.groups = groups;
    this.#model = model;
    this.#groupLayers = groupLayers;
  }

  get address(): string {
    return this.settings.address ?? this.name;
  }

  get port(): number {
    return this.settings.port ?? sshPort;
  }

  get user(): string | undefined {
    return this.settings.user;
  }

  get settings(): HostSettings {
    this.#settings ??= mergeSettings(this.#all());
    return this.#settings;
  }

  get vars(): Readonly<Vars> {
    this.#vars ??= Object.freeze(mergeVars(this.#all()));
    return this.#vars;
  }

  get location(): Location | undefined {
    return this.#model.locate();
  }

  varLocation(name: string): Location | undefined {
    return this.#all()
      .findLast(({ vars }) => Object.hasOwn(vars, name) && vars[name] !== undefined)
      ?.locate(name);
  }

  #all(): readonly Layer[] {
    const { layer, overlay } = this.#model;
    this.#layers ??= [...this.#groupLayers, layer, ...(overlay ? [overlay] : [])];
    return this.#layers;
  }
}

/** The control machine, where the inventory doesn't define it: in no group, but with what `all` says. */
export function implicitLocalhost(name: string, allLayers: readonly Layer[]): Host {
  const layer: Layer = {
    settings: { address: "127.0.0.1", transport: "local" },
    vars: {},
    locate: () => undefined,
  };
  return new InventoryHost({ name, layer, locate: () => undefined }, [], allLayers);
}

function mergeSettings(layers: readonly Layer[]): HostSettings {
  let merged: HostSettings = {};
  for (const { settings } of layers) merged = { ...merged, ...settings };
  return merged;
}

/** Leaves out values that are undefined. */
function mergeVars(layers: readonly Layer[]): Vars {
  // By entries, as an assignment of the key "__proto__" would change the object's prototype.
  return Object.fromEntries(
    layers.flatMap(({ vars }) => Object.entries(vars).filter(([, value]) => value !== undefined)),
  );
}
