/** How Ansible is set up: what its own documentation advises for speed, and the lab's keys. */
import { join } from "node:path";
import { benchFolder, lab, sshOptions } from "../lab.ts";

/** What is measured: Debian's ansible-core as it is meant to be tuned, and with mitogen in its place. */
export type AnsibleFlavour = "pipelining" | "mitogen";

const folder = join(benchFolder, "ansible");

export const ansibleFiles = {
  folder,
  inventory: join(folder, "inventory.yml"),
  playbook: join(folder, "playbook.yml"),
  config: join(folder, "ansible.cfg"),
};

/**
 * The settings file. The interpreter is named, so that Ansible need not look for it.
 *
 * @param controlFolder where OpenSSH's client puts the sockets of its shared connections; a socket's path may be
 *   about 100 bytes long
 */
export function ansibleConfig(controlFolder: string): string {
  return `[defaults]
inventory = ${ansibleFiles.inventory}
forks = ${lab.hosts.length}
interpreter_python = /usr/bin/python3
retry_files_enabled = False
nocows = True
local_tmp = ${join(ansibleFiles.folder, "tmp")}

[ssh_connection]
pipelining = True
ssh_args = ${sshOptions().join(" ")} -o ControlMaster=auto -o ControlPersist=60s
control_path_dir = ${controlFolder}
control_path = %(directory)s/%%h
`;
}

/** The environment of a run. */
export function ansibleEnvironment(flavour: AnsibleFlavour): Record<string, string> {
  return {
    ANSIBLE_CONFIG: ansibleFiles.config,
    ANSIBLE_NOCOLOR: "1",
    LC_ALL: "C.UTF-8",
    ...(flavour === "mitogen" ? { ANSIBLE_STRATEGY: "mitogen_linear" } : {}),
  };
}
