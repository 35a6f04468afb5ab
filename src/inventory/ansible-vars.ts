/** Ansible's connection variables as settings: `ansible_host`, `ansible_user` and so on. */
import { Secret } from "../secrets/secret.ts";
import { describe, invalid, oneOf, wrongValue } from "./invalid.ts";
import type { Layer } from "./model.ts";
import { describeSetting, settingProblem } from "./settings.ts";
import type { HostSettings, Vars } from "./types.ts";
import type { YamlEntry } from "./yaml-file.ts";

type Read = (value: unknown) => unknown;

const asWritten: Read = (value) => value;
const number: Read = (value) => (typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value);
/** A name or password may be all digits, which YAML reads as a number. */
const text: Read = (value) => (typeof value === "number" ? String(value) : value);
const truth: Read = (value) => {
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (["yes", "true", "on", "1", 1].some((yes) => yes === word)) return true;
  if (["no", "false", "off", "0", 0].some((no) => no === word)) return false;
  return value;
};
const connections: Readonly<Record<string, "ssh" | "local">> = {
  ssh: "ssh",
  "ansible.builtin.ssh": "ssh",
  smart: "ssh",
  paramiko: "ssh",
  paramiko_ssh: "ssh",
  local: "local",
  "ansible.builtin.local": "local",
};
const connection: Read = (value) =>
  typeof value === "string" && Object.hasOwn(connections, value) ? connections[value] : value;

/** With or without its collection's name. */
const becomeMethod: Read = (value) =>
  typeof value === "string" ? value.replace(/^(ansible\.builtin|community\.general)\./, "") : value;

interface Mapping {
  readonly setting: keyof HostSettings;
  readonly read: Read;
}

const to = (setting: keyof HostSettings, read: Read = asWritten): Mapping => ({ setting, read });

const mappings = new Map<string, Mapping>([
  ["ansible_host", to("address", text)],
  ["ansible_ssh_host", to("address", text)],
  ["ansible_port", to("port", number)],
  ["ansible_ssh_port", to("port", number)],
  ["ansible_user", to("user", text)],
  ["ansible_ssh_user", to("user", text)],
  ["ansible_ssh_private_key_file", to("identityFile")],
  ["ansible_private_key_file", to("identityFile")],
  ["ansible_connection", to("transport", connection)],
  ["ansible_password", to("password", text)],
  ["ansible_ssh_pass", to("password", text)],
  ["ansible_ssh_password", to("password", text)],
  ["ansible_ssh_private_key_passphrase", to("passphrase", text)],
  ["ansible_private_key_passphrase", to("passphrase", text)],
  ["ansible_become", to("become", truth)],
  ["ansible_become_user", to("becomeUser", text)],
  ["ansible_become_method", to("becomeMethod", becomeMethod)],
  ["ansible_become_password", to("becomePassword", text)],
  ["ansible_become_pass", to("becomePassword", text)],
  ["ansible_timeout", to("connectTimeout", number)],
]);

const secretSettings: ReadonlySet<keyof HostSettings> = new Set(["passphrase", "password", "becomePassword"]);

/**
 * Splits the variables of a YAML file into settings and variables. Connection variables are both, but passwords
 * only settings, so that they are not printed with the variables.
 *
 * @param entries the variables, with their places
 * @param subject whose they are, for the message
 * @throws ShowrunnerError "inventory.invalid" for a connection variable of the wrong type
 */
export function ansibleLayer(entries: readonly YamlEntry[], subject: string): Layer {
  const settings: [string, unknown][] = [];
  const vars: [string, unknown][] = [];
  const places = new Map<string, YamlEntry>();
  for (const entry of entries) {
    const value = entry.value.toJs();
    const mapping = mappings.get(entry.name);
    if (mapping && value !== null)
      settings.push([mapping.setting, readSetting(entry, value, mapping, subject)]);
    if (mapping && secretSettings.has(mapping.setting)) continue;
    vars.push([entry.name, value]);
    places.set(entry.name, entry);
  }
  return layerOf(Object.fromEntries(settings), Object.fromEntries(vars), (name) =>
    places.get(name)?.locate(),
  );
}

/** Puts one layer over another: what the second says wins, place by place. */
export function overlay(below: Layer, above: Layer): Layer {
  return layerOf({ ...below.settings, ...above.settings }, { ...below.vars, ...above.vars }, (name) =>
    Object.hasOwn(above.vars, name) ? above.locate(name) : below.locate(name),
  );
}

function layerOf(settings: HostSettings, vars: Vars, locate: Layer["locate"]): Layer {
  return { settings, vars, locate };
}

function readSetting(entry: YamlEntry, raw: unknown, { setting, read }: Mapping, subject: string): unknown {
  const where = `${subject}, ${entry.name}`;
  if (typeof raw === "string" && raw.includes("{{"))
    throw invalid(
      `${where}: a template can't be used in an inventory`,
      entry.locate(),
      "Write the value itself, or write the inventory in TypeScript, where it can be computed.",
    );
  const isPassword = secretSettings.has(setting);
  // an address or a user's name is needed as text before any host is reached
  const value = read(raw instanceof Secret && !isPassword ? raw.reveal() : raw);
  const expected = settingProblem(setting, value);
  if (expected === undefined) return value;
  const shown = setting === "transport" ? describe(raw) : describeSetting(setting, raw);
  const wanted = setting === "transport" ? oneOf([`"ssh"`, `"local"`]) : expected;
  throw wrongValue(where, wanted, shown, entry.value.locate());
}
