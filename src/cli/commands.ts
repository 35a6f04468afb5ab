/** Every command: what the help says of it, and where it is. A command's file is loaded when it is called. */
import type { Command } from "commander";

interface CommandModule {
  /**
   * Gives the command its arguments, options and action.
   *
   * @param exitWith called by the action with the exit code; 0 where it isn't called
   */
  configure(command: Command, exitWith: (code: number) => void): void;
}

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: "playbook",
    summary: "runs a playbook; without a name, lists the playbooks",
    load: () => import("./commands/playbook.ts"),
  },
  {
    name: "plan",
    summary: "says what a playbook would change, and keeps that as a plan",
    load: () => import("./commands/plan.ts"),
  },
  {
    name: "apply",
    summary: "makes the changes of a plan, and no others",
    load: () => import("./commands/apply.ts"),
  },
  {
    name: "drift",
    summary: "says whether hosts are as a playbook describes them, for a timer or CI",
    load: () => import("./commands/drift.ts"),
  },
  {
    name: "inventory",
    summary: "shows groups, hosts and variables",
    load: () => import("./commands/inventory.ts"),
  },
  {
    name: "firewall",
    summary: "shows who may talk to whom",
    load: () => import("./commands/firewall.ts"),
  },
  {
    name: "doc",
    summary: "explains a module or a role; without a name, lists them",
    load: () => import("./commands/doc.ts"),
  },
  {
    name: "facts",
    summary: "shows the facts of hosts: system, hardware, addresses",
    load: () => import("./commands/facts.ts"),
  },
  { name: "exec", summary: "runs a command on many hosts", load: () => import("./commands/exec.ts") },
  { name: "task", summary: "runs one task on many hosts", load: () => import("./commands/task.ts") },
  {
    name: "history",
    summary: "lists the runs that are kept",
    load: () => import("./commands/history.ts"),
  },
  {
    name: "show",
    summary: "tells what a run did",
    load: () => import("./commands/show.ts"),
  },
  {
    name: "handlers",
    summary: "shows the pending handlers that killed runs left on hosts",
    load: () => import("./commands/handlers.ts"),
  },
  {
    name: "new",
    summary: "writes what a new module, fact, role or playbook begins with",
    load: () => import("./commands/new.ts"),
  },
  {
    name: "law",
    summary: "holds modules to the law: all their cases, also on throw-away hosts",
    load: () => import("./commands/law.ts"),
  },
  {
    name: "lab",
    summary: "makes an inventory's hosts on this machine, to try things on",
    load: () => import("./commands/lab.ts"),
  },
  {
    name: "demo",
    summary: "deploys the site onto throw-away hosts, from nothing",
    load: () => import("./commands/demo.ts"),
  },
];
