/** Variables beside an inventory: `group_vars/NAME.yml`, `host_vars/NAME.yml`, or a folder of such files. */
import { extname, join } from "node:path";
import { namesInFolder } from "../base/user-folder.ts";
import { ansibleLayer, overlay } from "./ansible-vars.ts";
import { invalid } from "./invalid.ts";
import type { GroupModel, HostModel, InventoryModel, Layer } from "./model.ts";
import { isFolder } from "./sources.ts";
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
export async function withVarsFiles(
  model: InventoryModel,
  folders: readonly string[],
  read: YamlReader,
): Promise<InventoryModel> {
  // of a folder that is named twice, the last place counts
  const last = folders.filter((folder, at) => folders.lastIndexOf(folder) === at);
  const groupVars = last.map((folder) => varsFiles(join(folder, "group_vars"), read));
  const hostVars = last.map((folder) => varsFiles(join(folder, "host_vars"), read));
  const groups = new Map<string, GroupModel>();
  for (const [name, group] of model.groups) {
    const overlays = await layersOf(name, groupVars);
    groups.set(name, overlays.some((layer) => layer) ? { ...group, overlays } : group);
  }
  const hosts = new Map<string, HostModel>();
  for (const [name, host] of model.hosts) {
    const layers = (await layersOf(name, hostVars)).flatMap((layer) => layer ?? []);
    hosts.set(name, layers.length > 0 ? { ...host, overlay: layers.reduce(overlay) } : host);
  }
  return { ...model, groups, hosts };
}

type FindLayer = (name: string) => Promise<Layer | undefined>;

/** One after the other: of several mistakes the first is told. */
async function layersOf(name: string, folders: readonly FindLayer[]): Promise<(Layer | undefined)[]> {
  const layers: (Layer | undefined)[] = [];
  for (const find of folders) layers.push(await find(name));
  return layers;
}

/**
 * Finds the variables of groups or hosts. The folder is listed once, since most of many hosts have no file.
 *
 * @param folder the folder `group_vars` or `host_vars`, which need not exist
 * @param read reads a YAML file
 * @returns a function from a name to its layer, or undefined where there is no file
 */
function varsFiles(folder: string, read: YamlReader): FindLayer {
  const present = new Set(namesInFolder(folder));
  return async (name) => {
    const found = endings.map((ending) => `${name}${ending}`).find((file) => present.has(file));
    if (found === undefined) return undefined;
    const path = join(folder, found);
    const files = isFolder(path) ? filesBelow(path) : [path];
    let layer: Layer | undefined;
    for (const file of files) {
      const next = await readVars(file, read);
      layer = layer ? overlay(layer, next) : next;
    }
    return layer;
  };
}

async function readVars(file: string, read: YamlReader): Promise<Layer> {
  const top = await read(file);
  if (top.kind !== "mapping" && top.kind !== "nothing")
    throw invalid(
      `expected variables as a mapping, got a ${top.kind === "list" ? "list" : "text"}`,
      top.locate(),
    );
  return ansibleLayer(top.entries(), "variables");
}

/** By name, folders below too, without hidden files and an editor's backups. */
function filesBelow(folder: string): string[] {
  return namesInFolder(folder)
    .filter((name) => !name.startsWith(".") && !name.endsWith("~"))
    .flatMap((name) => {
      const path = join(folder, name);
      if (isFolder(path)) return extname(name) === "" ? filesBelow(path) : [];
      return endings.includes(extname(name)) ? [path] : [];
    });
}
