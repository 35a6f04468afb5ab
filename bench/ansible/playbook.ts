/** The same 60 tasks for Ansible: one task each, no loops, modules by their full names. JSON is YAML. */
import { fileURLToPath } from "node:url";
import { lab } from "../lab.ts";
import * as work from "../work.ts";

const template = fileURLToPath(new URL("site.conf.j2", import.meta.url));
const owner = { owner: "root", group: "root" };

/** The inventory, in Ansible's YAML. */
export function ansibleInventory(): string {
  const hosts = lab.hosts.map(({ name, address }) => [name, { ansible_host: address }]);
  return toYaml({ all: { hosts: Object.fromEntries(hosts), vars: { ansible_user: lab.user } } });
}

/** The playbook. Facts are not gathered, as no task needs them: that is in Ansible's favour. */
export function ansiblePlaybook(): string {
  return toYaml([{ name: "bench", hosts: "all", become: true, gather_facts: false, tasks: tasks() }]);
}

function tasks(): object[] {
  return [
    ...work.packages.map((name) => task(`package ${name}`, "apt", { name, state: "present" })),
    ...work.directories.map((path) =>
      task(`directory ${path}`, "file", { path, state: "directory", mode: work.directoryMode, ...owner }),
    ),
    ...work.files.map(({ path, content }) =>
      task(`file ${path}`, "copy", { dest: path, content, mode: work.fileMode, ...owner }),
    ),
    ...work.sites.map(({ dest, ...vars }) => ({
      ...task(`template ${dest}`, "template", { src: template, dest, mode: work.fileMode, ...owner }),
      vars,
    })),
    ...work.lines.map(({ path, key, line }) =>
      task(`line ${key}`, "lineinfile", {
        path,
        regexp: `^${key}=`,
        line,
        create: true,
        mode: work.fileMode,
      }),
    ),
    ...work.services.map((name) =>
      task(`service ${name}`, "systemd", { name, state: "started", enabled: true }),
    ),
    ...work.users.map(({ name, home, shell }) => task(`user ${name}`, "user", { name, home, shell })),
    ...work.commands.map(({ argv, creates }) => task(`command ${creates}`, "command", { argv, creates })),
  ];
}

function task(name: string, module: string, parameters: object): object {
  return { name, [`ansible.builtin.${module}`]: parameters };
}

function toYaml(value: unknown): string {
  return `${JSON.stringify(value, undefined, 1)}\n`;
}
