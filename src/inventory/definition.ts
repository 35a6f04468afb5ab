/** Checks an inventory that is written in TypeScript, and reads it into the model. */
import { isIPv4 } from "node:net";
import { formatLocation, type Location } from "../base/errors.ts";
import { anything, listOf, oneOf, type } from "../base/option-types.ts";
import type { OptionTypes } from "../base/options.ts";
import { whatItIs } from "../base/what-it-is.ts";
import { invalid, isRecord, refuseMistakes, wrongValue } from "./invalid.ts";
import type { GroupModel, HostModel, InventoryModel, Layer } from "./model.ts";
import { groupNameProblem, hostNames } from "./names.ts";
import { readSettings } from "./settings.ts";
import { SourceText } from "./source-text.ts";
import { type TrafficModel, type TrafficRule, trafficTypes, wholeRule } from "./traffic.ts";
import type { GroupDefinition, HostSettings, InventoryDefinition, LabSettings, Vars } from "./types.ts";

const topTypes: OptionTypes<InventoryDefinition> = {
  hosts: anything,
  groups: anything,
  settings: anything,
  vars: anything,
  traffic: listOf(type("rules", isRecord)),
  lab: anything,
};

const names = listOf(type("names", (value) => typeof value === "string"));

const groupTypes: OptionTypes<GroupDefinition> = {
  hosts: names,
  children: names,
  settings: anything,
  vars: anything,
  priority: type("a whole number", Number.isInteger),
};

const labTypes: OptionTypes<LabSettings> = {
  network: type(`a network such as "192.0.2.0/24"`, isNetwork),
  suite: oneOf(["bookworm", "trixie", "sid"]),
};

/**
 * Reads a definition into the model.
 *
 * @param definition what was given to `inventory()`; typed there, but checked as if it weren't
 * @param call where `inventory()` was called, to find the lines of keys from
 * @throws ShowrunnerError "inventory.invalid" at the line of the key that is wrong
 */
export function readDefinition(definition: unknown, call: Location | undefined): InventoryModel {
  return new DefinitionReader(call).read(definition);
}

class DefinitionReader {
  readonly #call: Location | undefined;
  readonly #source: SourceText;
  readonly #hosts = new Map<string, HostModel>();

  constructor(call: Location | undefined) {
    this.#call = call;
    this.#source = new SourceText(call);
  }

  read(definition: unknown): InventoryModel {
    const top = this.#record(definition, "inventory", []);
    this.#refuseMistakes<InventoryDefinition>(top, topTypes, "inventory", []);
    for (const [range, host] of Object.entries(this.#record(top.hosts ?? {}, "hosts", ["hosts"])))
      this.#readHost(range, host);

    const groups = new Map<string, GroupModel>();
    groups.set("all", this.#readAll(top));
    for (const [name, group] of Object.entries(this.#record(top.groups ?? {}, "groups", ["groups"]))) {
      const read = this.#readGroup(name, group);
      const before = groups.get(name);
      groups.set(name, before ? joined(before, read) : read);
    }
    return {
      location: this.#call,
      hosts: this.#hosts,
      groups,
      traffic: (top.traffic ?? []).map((rule, index) => this.#readTraffic(rule, index)),
      lab: this.#readLab(top.lab ?? {}),
    };
  }

  #readHost(range: string, definition: unknown): void {
    const path = ["hosts", range];
    const subject = `host "${range}"`;
    const { vars, ...settings } = this.#record(definition, subject, path);
    const layer: Layer = {
      settings: readSettings(settings, subject, (key) => this.#source.locate([...path, key]), ["vars"]),
      vars: this.#vars(vars, subject, path),
      locate: (name) => this.#source.locate([...path, "vars", name]),
    };
    if (jumpsOver(layer.settings, range))
      throw invalid(
        `${subject}, jump: expected other hosts, got the host itself`,
        this.#source.locate([...path, "jump"]),
        `jump: "none" says that a host is reached directly.`,
      );
    const locate = () => this.#source.locate(path);
    for (const name of hostNames(range, subject, locate)) {
      const before = this.#hosts.get(name);
      if (before) throw this.#duplicate(name, range, before);
      this.#hosts.set(name, { name, layer, locate });
    }
  }

  #readAll(top: Record<string, unknown>): GroupModel {
    return {
      name: "all",
      hosts: [],
      children: [],
      priority: undefined,
      layer: {
        settings: this.#settings(top.settings, "settings", ["settings"]),
        vars: this.#vars(top.vars, "inventory", []),
        locate: (name) => this.#source.locate(["vars", name]),
      },
      locate: () => this.#call,
    };
  }

  #readGroup(name: string, definition: unknown): GroupModel {
    const path = ["groups", name];
    const subject = `group "${name}"`;
    const problem = groupNameProblem(name);
    if (problem) throw invalid(`"${name}" can't be a group's name, it ${problem}`, this.#source.locate(path));
    const group = this.#record(definition, subject, path);
    this.#refuseMistakes<GroupDefinition>(group, groupTypes, subject, path);
    const { hosts = [], children = [], priority } = group;
    const locateHosts = () => this.#source.locate([...path, "hosts"]);
    return {
      name,
      hosts: hosts.flatMap((range) => hostNames(range, `${subject}, hosts`, locateHosts)),
      children: [...children],
      priority,
      layer: {
        settings: this.#settings(group.settings, `${subject}, settings`, [...path, "settings"]),
        vars: this.#vars(group.vars, subject, path),
        locate: (key) => this.#source.locate([...path, "vars", key]),
      },
      locate: (part) => (part ? this.#source.locate([...path, part]) : this.#source.locate(path)),
    };
  }

  #readTraffic(definition: unknown, index: number): TrafficModel {
    const path = ["traffic", String(index)];
    const rule = this.#record(definition, "traffic", path);
    const subject = `traffic "${typeof rule.what === "string" ? rule.what : index + 1}"`;
    this.#refuseMistakes<TrafficRule>(rule, trafficTypes, subject, path);
    return { rule: wholeRule(rule, subject, this.#source.locate(path)), location: this.#source.locate(path) };
  }

  #readLab(definition: unknown): LabSettings {
    const lab = this.#record(definition, "lab", ["lab"]);
    this.#refuseMistakes<LabSettings>(lab, labTypes, "lab", ["lab"]);
    return { network: lab.network, suite: lab.suite };
  }

  #record(value: unknown, subject: string, path: readonly string[]): Record<string, unknown> {
    if (isRecord(value)) return value;
    throw this.#wrong(subject, "an object", value, path);
  }

  #vars(value: unknown, subject: string, path: readonly string[]): Vars {
    return value === undefined ? {} : this.#record(value, `${subject}, vars`, [...path, "vars"]);
  }

  #settings(value: unknown, subject: string, path: readonly string[]): HostSettings {
    const settings = value === undefined ? {} : this.#record(value, subject, path);
    return readSettings(settings, subject, (key) => this.#source.locate([...path, key]));
  }

  #refuseMistakes<T extends object>(
    given: Record<string, unknown>,
    types: OptionTypes<T>,
    subject: string,
    path: readonly string[],
  ): asserts given is Record<string, unknown> & T {
    refuseMistakes(given, types, subject, (key) => this.#source.locate([...path, key]));
  }

  #wrong(subject: string, expected: string, got: unknown, path: readonly string[]) {
    return wrongValue(subject, expected, whatItIs(got), this.#source.locate(path));
  }

  #duplicate(name: string, range: string, before: HostModel) {
    const first = before.locate();
    const where = first ? `, first at ${formatLocation(first)}` : "";
    const within = range === name ? "" : ` by "${range}"`;
    return invalid(
      `host "${name}" is defined twice: again${within}${where}`,
      this.#source.locate(["hosts", range]),
      "Define the host once; it can be in any number of groups.",
    );
  }
}

/** `all` can be written at the top and as a group; what the group says wins. */
function joined(top: GroupModel, group: GroupModel): GroupModel {
  return {
    ...group,
    layer: {
      settings: { ...top.layer.settings, ...group.layer.settings },
      vars: { ...top.layer.vars, ...group.layer.vars },
      locate: (name) => (Object.hasOwn(group.layer.vars, name) ? group : top).layer.locate(name),
    },
  };
}

/** Only for a host's own `jump`: a group's jump host may be in the group. */
function jumpsOver({ jump = [] }: HostSettings, name: string): boolean {
  return [jump].flat().some((text) => text.split(",").some((hop) => hop.trim() === name));
}

function isNetwork(value: unknown): value is string {
  if (typeof value !== "string") return false;
  const [address = "", bits = "", ...more] = value.split("/");
  return isIPv4(address) && /^\d+$/.test(bits) && Number(bits) <= 32 && more.length === 0;
}
