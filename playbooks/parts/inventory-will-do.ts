/** What the site asks of its inventory, seen before anything is changed. */
import { debug, fail, type HostInfo, type InventoryView, once, play } from "showrunner";

export const inventoryWillDo = play(
  "the inventory will do",
  { hosts: "all", anyErrorsFatal: true },
  {
    verify: async ({ host, inventory }) => {
      requireOwnAddress(host, inventory);
      if (inventory.traffic.length === 0)
        await once(() =>
          debug({
            message:
              "warning: the inventory names no traffic, so no host gets a firewall: see inventory/vars/traffic.ts",
          }),
        );
    },
  },
);

/** The site's hosts find each other by their addresses: two hosts of one address would be one machine with two duties. */
export function requireOwnAddress(host: HostInfo, inventory: InventoryView): void {
  const others = inventory
    .select("all")
    .filter(({ name, address }) => name !== host.name && address === host.address);
  if (others.length === 0) return;
  fail(
    `${host.name} has the address ${host.address}, and so has ${others.map(({ name }) => name).join(", ")}`,
    "give each host its own address; one machine with several duties is one host in several groups",
  );
}
