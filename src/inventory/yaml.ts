/** Ansible's YAML inventories: groups with hosts, children and vars, all by name. */
import { isIPv6 } from "node:net";
import type { Location } from "../base/errors.ts";
import { ansibleLayer, overlay } from "./ansible-vars.ts";
import { invalid, unknownKey, wrongValue } from "./invalid.ts";
import { emptyLayer, type GroupModel, type HostModel, type InventoryModel, type Layer } from "./model.ts";
import { groupNameProblem, hostNames } from "./names.ts";
import type { YamlEntry, YamlValue } from "./yaml-file.ts";

/**
 * Reads a YAML inventory.
 *
 * @param file the file's absolute path
 * @param top what stands in it
 * @throws ShowrunnerError "inventory.invalid" at the line and column of a mistake
 */
export function readYamlInventory(file: string, top: YamlValue): InventoryModel {
  const reader = new YamlInventoryReader();
  reader.readTop(top);
  return { location: { file, line: 1 }, hosts: reader.hosts, groups: reader.groups, traffic: [], lab: {} };
}

/** A group while the file is read: it may be written in several places, which add up. */
interface GroupDraft extends GroupModel {
  readonly hosts: string[];
  readonly children: string[];
  childrenAt: YamlEntry | undefined;
  priority: number | undefined;
  layer: Layer;
}

interface HostDraft extends HostModel {
  layer: Layer;
}

class YamlInventoryReader {
  readonly hosts = new Map<string, HostDraft>();
  readonly groups = new Map<string, GroupDraft>();

  constructor() {
    for (const name of ["all", "ungrouped"]) this.#group(name, () => undefined);
  }

  readTop(top: YamlValue): void {
    if (top.kind === "nothing") throw invalid("the inventory is empty", top.locate(), example);
    if (top.kind !== "mapping")
      throw wrongValue("inventory", "a mapping of groups", kindOf(top), top.locate(), example);
    const groups = top.entries();
    const plugin = groups.find(({ name, value }) => name === "plugin" && value.kind === "text");
    if (plugin)
      throw invalid(
        "this is the configuration of an inventory plugin, and no inventory",
        plugin.locate(),
        "Inventory plugins are not supported: compute the hosts in an inventory in TypeScript.",
      );
    for (const group of groups) this.#readGroup(group);
  }

  #readGroup(entry: YamlEntry): void {
    const subject = `group "${entry.name}"`;
    const problem = groupNameProblem(entry.name);
    if (problem) throw invalid(`"${entry.name}" can't be a group's name, it ${problem}`, entry.locate());
    const group = this.#group(entry.name, () => entry.locate());
    for (const part of members(entry, subject)) {
      const what = `${subject}, ${part.name}`;
      if (part.name === "vars") this.#readVars(group, part, subject);
      else if (part.name === "children") {
        group.childrenAt ??= part;
        for (const child of names(part, what)) {
          group.children.push(child.name);
          this.#readGroup(child);
        }
      } else if (part.name === "hosts") {
        for (const host of names(part, what)) group.hosts.push(...this.#readHost(host));
      } else throw unknownKey(subject, part.name, groupKeys, part.locate(), whereNamesGo(entry.name));
    }
  }

  #readVars(group: GroupDraft, part: YamlEntry, subject: string): void {
    const entries = members(part, `${subject}, vars`);
    const priority = entries.find(({ name }) => name === "ansible_group_priority");
    if (priority) group.priority = readPriority(priority, subject);
    const others = entries.filter((entry) => entry !== priority);
    group.layer = overlay(group.layer, ansibleLayer(others, subject));
  }

  /** A host may be written under many groups; its variables add up, the last one wins. */
  #readHost(entry: YamlEntry): string[] {
    const subject = `host "${entry.name}"`;
    const { range, port } = splitPort(entry.name);
    const written = ansibleLayer(members(entry, subject), subject);
    const layer = port === undefined ? written : { ...written, settings: { port, ...written.settings } };
    const found = hostNames(range, subject, () => entry.locate());
    for (const name of found) {
      const host = this.hosts.get(name);
      if (host) host.layer = overlay(host.layer, layer);
      else this.hosts.set(name, { name, layer, locate: () => entry.locate() });
    }
    return found;
  }

  #group(name: string, locate: () => Location | undefined): GroupDraft {
    const known = this.groups.get(name);
    if (known) return known;
    const group: GroupDraft = {
      name,
      hosts: [],
      children: [],
      childrenAt: undefined,
      priority: undefined,
      layer: emptyLayer,
      locate: (part) => (part === "children" ? group.childrenAt?.locate() : undefined) ?? locate(),
    };
    this.groups.set(name, group);
    return group;
  }
}

const groupKeys = ["hosts", "children", "vars"];

function whereNamesGo(group: string): string {
  return groupKeys.includes(group)
    ? `An inventory begins with its groups: write "${group}:" below "all:".`
    : `The names of hosts go below "hosts:", those of groups below "children:".`;
}

const example = `Write it as in Ansible: "all:", below it "hosts:", and below that a line "web1:" for each host.`;

/** The entries of a mapping that may be left empty. */
function members({ value }: YamlEntry, subject: string): YamlEntry[] {
  if (value.kind !== "mapping" && value.kind !== "nothing")
    throw wrongValue(subject, "a mapping", kindOf(value), value.locate());
  return value.entries();
}

/** The same, where one name alone may stand for a mapping with that key. */
function names(part: YamlEntry, subject: string): YamlEntry[] {
  const { value } = part;
  const name = value.kind === "text" ? value.toJs() : undefined;
  if (typeof name === "string") return [{ name, value: nothingAt(value), locate: () => value.locate() }];
  if (value.kind === "list")
    throw wrongValue(subject, "a mapping", "a list", value.locate(), `Write "name:" instead of "- name".`);
  return members(part, subject);
}

function nothingAt(place: YamlValue): YamlValue {
  return { kind: "nothing", locate: () => place.locate(), entries: () => [], toJs: () => null };
}

function readPriority(entry: YamlEntry, subject: string): number {
  const priority = Number(entry.value.toJs());
  if (entry.value.kind === "text" && Number.isInteger(priority)) return priority;
  throw wrongValue(
    `${subject}, ${entry.name}`,
    "a whole number",
    JSON.stringify(entry.value.toJs()),
    entry.locate(),
  );
}

/** `web1:2222`; in an IPv6 address the last number is no port. */
function splitPort(name: string): { range: string; port?: number } {
  const found = /^(.*[^:]):(\d+)$/.exec(name);
  if (!found || isIPv6(name)) return { range: name };
  const [, range = "", port] = found;
  return { range: range.replace(/^\[([\da-f:.]+)\]$/i, "$1"), port: Number(port) };
}

function kindOf({ kind }: YamlValue): string {
  return kind === "list" ? "a list" : kind === "mapping" ? "a mapping" : kind;
}
