/** Ansible's names of the connection settings. */
import type { HostSettings } from "./types.ts";

/** The setting that each of Ansible's connection variables stands for. */
export const ansibleNames: ReadonlyMap<string, keyof HostSettings> = new Map<string, keyof HostSettings>([
  ["ansible_host", "address"],
  ["ansible_ssh_host", "address"],
  ["ansible_port", "port"],
  ["ansible_ssh_port", "port"],
  ["ansible_user", "user"],
  ["ansible_ssh_user", "user"],
  ["ansible_ssh_private_key_file", "identityFile"],
  ["ansible_private_key_file", "identityFile"],
  ["ansible_connection", "transport"],
  ["ansible_password", "password"],
  ["ansible_ssh_pass", "password"],
  ["ansible_ssh_password", "password"],
  ["ansible_ssh_private_key_passphrase", "passphrase"],
  ["ansible_private_key_passphrase", "passphrase"],
  ["ansible_become", "become"],
  ["ansible_become_user", "becomeUser"],
  ["ansible_become_method", "becomeMethod"],
  ["ansible_become_password", "becomePassword"],
  ["ansible_become_pass", "becomePassword"],
  ["ansible_timeout", "connectTimeout"],
  ["ansible_ssh_timeout", "connectTimeout"],
]);

/**
 * The setting for one of Ansible's names, written as a variable or as a keyword of a play.
 *
 * @example
 * settingOfAnsible("connection"); // "transport"
 */
export function settingOfAnsible(name: string): keyof HostSettings | undefined {
  return ansibleNames.get(name) ?? ansibleNames.get(`ansible_${name}`);
}
