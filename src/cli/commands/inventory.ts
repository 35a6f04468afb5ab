/** `run inventory` */
import type { Command } from "commander";
import { say, sayText, styleFor } from "../../report/index.ts";
import { jsonText } from "../../text/controls.ts";
import { findInventory } from "../inventories.ts";
import { hostVars, inventoryGraph, inventoryList } from "../inventory-views.ts";
import { inventoryOption } from "../options.ts";

interface Flags {
  readonly inventory?: readonly string[];
  readonly list?: boolean;
  readonly graph?: boolean;
  readonly host?: string;
}

export function configure(command: Command): void {
  command.description("Shows an inventory's groups, hosts and variables. Passwords and secrets are masked.");
  inventoryOption(command)
    .option("--graph", "the groups and their hosts as a tree (the default)")
    .option("--list", "everything as JSON, in the form that Ansible's inventory scripts have")
    .option("--host <name>", "one host's variables as JSON")
    .action(async (flags: Flags) => {
      const { inventory, shown } = await findInventory(flags.inventory);
      if (flags.host !== undefined) printJson(hostVars(inventory.host(flags.host)));
      else if (flags.list) printJson(inventoryList(inventory));
      else {
        const style = styleFor(process.stdout);
        say(process.stdout, style("dim", shown), ...inventoryGraph(inventory, style));
      }
    });
}

function printJson(value: unknown): void {
  sayText(process.stdout, `${jsonText(value, 2)}\n`);
}
