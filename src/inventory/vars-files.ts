/** Variables beside an inventory: `group_vars/NAME.yml`, `host_vars/NAME.yml`, or a folder of such files. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { ansibleLayer, overlay } from "./ansible-vars.ts";
import { invalid } from "./invalid.ts";
import type { GroupModel, HostModel, InventoryModel, Layer } from "./model.ts";
import type { YamlReader } from "./yaml-file.ts";

/** In Ansible's order: of several that exist the first is taken, and the others are not read. */
const endings = ["", ".yml", ".yaml", ".json"];

/**
 * Puts the variables of files over what an inventory says. Files of names that it doesn't hold are left alone: several
 * inventories may share a folder.
 *
 * @param folders those in which `group_vars` and `host_vars` may be; of two the later one wins
 * @param read reads a YAML file
 */
export function withVarsFiles(
  model: InventoryModel,
  folders: readonly string[],
  read: YamlReader,
): InventoryModel {
  // of a folder that is named twice, the last place counts
  const last = folders.filter((folder, at) => folders.lastIndexOf(folder) === at);
  const groupVars = last.map((folder) => varsFiles(join(folder, "group_vars"), read));
  const hostVars = last.map((folder) => varsFiles(join(folder, "host_vars"), read));
  const groups = [...model.groups].map(([name, group]): [string, GroupModel] => {
    const overlays = groupVars.map((find) => find(name));
    return [name, overlays.some((layer) => layer) ? { ...group, overlays } : group];
  });
  const hosts = [...model.hosts].map(([name, host]): [string, HostModel] => {
    const layers = hostVars.flatMap((find) => find(name) ?? []);
    return [name, layers.length > 0 ? { ...host, overlay: layers.reduce(overlay) } : host];
  });
  return { ...model, groups: new Map(groups), hosts: new Map(hosts) };
}

/**
 * Finds the variables of groups or hosts. The folder is listed once, since most of many hosts have no file.
 *
 * @param folder the folder `group_vars` or `host_vars`, which need not exist
 * @param read reads a YAML file
 * @returns a function from a name to its layer, or undefined where there is no file
 */
function varsFiles(folder: string, read: YamlReader): (name: string) => Layer | undefined {
  const present = new Set(existsSync(folder) ? readdirSync(folder) : []);
  return (name) => {
    const found = endings.map((ending) => `${name}${ending}`).find((file) => present.has(file));
    if (found === undefined) return undefined;
    const path = join(folder, found);
    const files = statSync(path).isDirectory() ? filesBelow(path) : [path];
    let layer: Layer | undefined;
    for (const file of files) {
      const next = readVars(file, read);
      layer = layer ? overlay(layer, next) : next;
    }
    return layer;
  };
}

function readVars(file: string, read: YamlReader): Layer {
  const top = read(file);
  if (top.kind !== "mapping" && top.kind !== "nothing")
    throw invalid(
      `expected variables as a mapping, got a ${top.kind === "list" ? "list" : "text"}`,
      top.locate(),
    );
  return ansibleLayer(top.entries(), "variables");
}

/** By name, folders below too, without hidden files and an editor's backups. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith(".") && !name.endsWith("~"))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return extname(name) === "" ? filesBelow(path) : [];
      return endings.includes(extname(name)) ? [path] : [];
    });
}
