/** `run firewall` */
import type { Command } from "commander";
import { ShowrunnerError } from "../../base/errors.ts";
import { say, styleFor } from "../../report/index.ts";
import { trafficGraph, trafficTable } from "../firewall-views.ts";
import { findInventory } from "../inventories.ts";
import { inventoryOption } from "../options.ts";

interface Flags {
  readonly inventory?: readonly string[];
  readonly graph?: boolean;
}

export function configure(command: Command): void {
  command.description(
    "Shows who may talk to whom, as the inventory's traffic says: what the role firewall lets through.",
  );
  inventoryOption(command)
    .option("--graph", "as a drawing in Mermaid's language, for a file that GitHub or an editor draws")
    .action(async ({ inventory: names, graph = false }: Flags) => {
      const { inventory, shown } = await findInventory(names);
      const { traffic } = inventory;
      if (traffic.length === 0)
        throw new ShowrunnerError("usage", `${shown} does not say who may talk to whom`, {
          hint: 'its `traffic` does: traffic: [{ what: "visitors", from: "anywhere", to: "lb", ports: [80, 443] }]',
        });
      if (graph) return say(process.stdout, ...trafficGraph(traffic));
      const style = styleFor(process.stdout);
      say(process.stdout, style("dim", shown), ...trafficTable(traffic, style));
    });
}
