/** Ansible's connection variables as settings: `ansible_host`, `ansible_user` and so on. */

import { Secret } from "../base/secret.ts";
import { suggest } from "../base/suggest.ts";
import { whatItIs } from "../base/what-it-is.ts";
import { ansibleNames } from "./ansible-names.ts";
import { readSshArguments } from "./ansible-ssh-args.ts";
import { invalid, oneOf, wrongValue } from "./invalid.ts";
import type { Layer } from "./model.ts";
import { settingMistake } from "./settings.ts";
import type { HostSettings, Vars } from "./types.ts";
import type { YamlEntry } from "./yaml-file.ts";

type Read = (value: unknown) => unknown;

const number: Read = (value) => (typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value);
/** A name or password may be all digits, which YAML reads as a number. */
const text: Read = (value) => (typeof value === "number" ? String(value) : value);
const truth: Read = (value) => {
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (["yes", "true", "on", "1", 1].some((yes) => yes === word)) return true;
  if (["no", "false", "off", "0", 0].some((no) => no === word)) return false;
  return value;
};
const connections: Readonly<Record<string, "ssh" | "openssh" | "local">> = {
  ssh: "ssh",
  "ansible.builtin.ssh": "ssh",
  smart: "ssh",
  // not a value of Ansible's (there ssh is always OpenSSH), but YAML inventories need a word for it
  openssh: "openssh",
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

/** How a setting's value is read, where YAML or Ansible writes it differently. */
const reads: Partial<Record<keyof HostSettings, Read>> = {
  address: text,
  port: number,
  user: text,
  transport: connection,
  password: text,
  passphrase: text,
  become: truth,
  becomeUser: text,
  becomeMethod,
  becomePassword: text,
  connectTimeout: number,
};

/** Options for ssh, which are turned into settings. */
const sshArguments = new Set(["ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_args"]);

/** Variables of Ansible that change nothing here: how it runs its Python modules, and hosts that are not Unix. */
const harmless =
  /^ansible_(\w*interpreter|shell_\w+|remote_tmp|async_dir|pipelining|control_path\w*|ssh_(executable|pipelining|control_path\w*|transfer_method|retries|use_tty)|scp_\w+|sftp_\w+|network_os|winrm_\w+|psrp_\w+|facts|check_mode|group_priority|local_temp|become_plugin|no_log\w*|managed|module_\w+|playbook_python|distribution\w*|os_family|architecture|hostname|fqdn|default_ipv4\w*|managed_by\w*)$/;

/** Variables of Ansible that change how a host is reached, in a way for which there is no setting here. */
const unsupported =
  /^ansible_(become_(exe|flags)|paramiko_\w+|(ssh_)?host_key_checking|su(_\w+)?|sudo\w*|ssh_pkcs11_\w+|docker_\w+|podman_\w+)$/;

const secretSettings: ReadonlySet<keyof HostSettings> = new Set(["passphrase", "password", "becomePassword"]);

/**
 * Splits the variables of a YAML file into settings and variables. Connection variables are both, but passwords
 * only settings, so that they are not printed with the variables.
 *
 * @param entries the variables, with their places
 * @param subject whose they are, for the message
 * @throws ShowrunnerError "inventory.invalid" for a connection variable of the wrong type, or a name that only looks
 *   like one
 */
export function ansibleLayer(entries: readonly YamlEntry[], subject: string): Layer {
  const settings: [string, unknown][] = [];
  const vars: [string, unknown][] = [];
  const places = new Map<string, YamlEntry>();
  for (const entry of entries) {
    const value = entry.value.toJs();
    const setting = ansibleNames.get(entry.name);
    if (sshArguments.has(entry.name)) settings.push(...settingsIn(entry, value, subject));
    else if (setting === undefined) refuseStrange(entry, subject);
    if (setting && value !== null) settings.push([setting, readSetting(entry, value, setting, subject)]);
    if (setting && secretSettings.has(setting)) continue;
    vars.push([entry.name, value]);
    places.set(entry.name, entry);
  }
  return layerOf(Object.fromEntries(settings), Object.fromEntries(vars), (name) =>
    places.get(name)?.locate(),
  );
}

function settingsIn(entry: YamlEntry, value: unknown, subject: string): [string, unknown][] {
  if (value === null || value === "") return [];
  const where = `${subject}, ${entry.name}`;
  if (typeof value !== "string")
    throw wrongValue(where, "options for ssh", whatItIs(value), entry.value.locate());
  const read = readSshArguments(value);
  if ("settings" in read) return Object.entries(read.settings);
  throw invalid(
    `${where}: "${read.strange}" is not understood`,
    entry.value.locate(),
    `Say it with a setting (ansible_ssh_common_args: "-J user@bastion" names a jump host), leave it out, or write it in ~/.ssh/config for ansible_connection: openssh (see docs/connections.md).`,
  );
}

/** A misspelt connection variable would have no effect, and the host would silently be reached in another way. */
function refuseStrange(entry: YamlEntry, subject: string): void {
  const { name } = entry;
  if (!name.startsWith("ansible_") || harmless.test(name)) return;
  if (unsupported.test(name))
    throw invalid(
      `${subject}: ${name} is not supported, and the host would be reached without this setting`,
      entry.locate(),
      "Remove it, or say the same with a setting or in ~/.ssh/config: see docs/connections.md.",
    );
  const short = (one: string) => one.slice("ansible_".length);
  const known = [...ansibleNames.keys(), ...sshArguments].map(short);
  const meant = suggest(short(name), known);
  if (meant !== undefined)
    throw invalid(
      `${subject}: unknown connection variable "${name}" (did you mean "ansible_${meant}"?)`,
      entry.locate(),
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

function readSetting(entry: YamlEntry, raw: unknown, setting: keyof HostSettings, subject: string): unknown {
  const where = `${subject}, ${entry.name}`;
  if (typeof raw === "string" && raw.includes("{{"))
    throw invalid(
      `${where}: a template can't be used in an inventory`,
      entry.locate(),
      "Write the value itself, or write the inventory in TypeScript, where it can be computed.",
    );
  const isPassword = secretSettings.has(setting);
  // an address or a user's name is needed as text before any host is reached
  const revealed = raw instanceof Secret && !isPassword ? raw.reveal() : raw;
  const value = reads[setting]?.(revealed) ?? revealed;
  const mistake = settingMistake(setting, value);
  if (!mistake) return value;
  const shown = isPassword ? mistake.got : whatItIs(raw);
  const wanted =
    setting === "transport" ? oneOf([`"ssh"`, `"openssh"`, `"local"`]) : (mistake.expected ?? "nothing");
  throw wrongValue(where, wanted, shown, entry.value.locate());
}
