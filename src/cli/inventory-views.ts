/** An inventory as others read it: as JSON for programs, as a tree for people. */
import type { Group, Host, HostSettings, Inventory } from "../inventory/index.ts";
import { mask } from "../redaction/redact.ts";
import type { Style } from "../report/index.ts";
import { redactValue } from "../secrets/redact-value.ts";

/** The JSON of Ansible's inventory scripts. */
export function inventoryList(inventory: Inventory): Record<string, unknown> {
  const hostvars = Object.fromEntries(
    [...inventory.hosts.values()].map((host) => [host.name, hostVars(host)]),
  );
  const groups = [...inventory.groups.values()].map((group) => {
    const hosts = ownHosts(inventory, group).map(({ name }) => name);
    return [
      group.name,
      {
        ...(group.children.length > 0 ? { children: group.children } : {}),
        ...(hosts.length > 0 ? { hosts } : {}),
      },
    ];
  });
  return { _meta: { hostvars }, ...Object.fromEntries(groups) };
}

/** A host's variables, with its settings under Ansible's names. Secrets are masked in their values. */
export function hostVars({ address, port, user, settings, vars }: Host): Record<string, unknown> {
  const all: Record<string, unknown> = {
    ansible_host: address,
    ansible_port: port,
    ansible_user: user,
    ansible_connection: transportName(settings),
    ansible_ssh_private_key_file: settings.identityFile,
    ansible_password: settings.password === undefined ? undefined : mask,
    ansible_become: settings.become,
    ansible_become_user: settings.becomeUser,
    ansible_become_method: settings.becomeMethod,
    ansible_become_password: settings.becomePassword === undefined ? undefined : mask,
    ...Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, redactValue(value)])),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function transportName({ transport }: HostSettings): string | undefined {
  return typeof transport === "object" ? transport.name : transport;
}

/** `@group:` with its groups and hosts below it, as `ansible-inventory --graph` draws them. */
export function inventoryGraph(inventory: Inventory, style: Style): string[] {
  const all = inventory.groups.get("all");
  return all ? branch(inventory, all, "", style) : [];
}

function branch(inventory: Inventory, group: Group, indent: string, style: Style): string[] {
  const below = indent === "" ? "  " : `${indent}  `;
  const mark = indent === "" ? "" : `${indent}|--`;
  const children = group.children
    .flatMap((name) => inventory.groups.get(name) ?? [])
    .filter(({ name, hosts }) => name !== "ungrouped" || hosts.length > 0);
  return [
    `${mark}${style("bold", `@${group.name}:`)}`,
    ...children.flatMap((child) => branch(inventory, child, indent === "" ? "  " : `${indent}|  `, style)),
    ...ownHosts(inventory, group).map((host) => {
      const where = host.settings.transport === "local" ? "local" : host.address;
      return `${indent === "" ? below : `${indent}|  `}|--${host.name}${where === host.name ? "" : style("dim", `  ${where}`)}`;
    }),
  ];
}

/** A group's hosts without those that a group below it has. */
function ownHosts(inventory: Inventory, group: Group): Host[] {
  const below = new Set(group.children.flatMap((name) => inventory.groups.get(name)?.hosts ?? []));
  return group.hosts.filter((host) => !below.has(host));
}
