/** A web server leaves the pools of all balancers, and comes back. */
import { fail, type HostInfo, haproxyServer, type InventoryView, on } from "showrunner";
import { members } from "./hosts.ts";
import { noOtherServer } from "./other-servers.ts";

/**
 * Has no balancer send a web server anything, and waits until its requests have ended. It holds over reloads and restarts
 * of the balancers, and over further runs of the playbooks `site` and `deploy`.
 *
 * @throws ShowrunnerError before anything is changed, where a balancer would have no server left
 */
export async function leavePools(web: HostInfo, inventory: InventoryView): Promise<void> {
  await requireOtherServer(web, inventory);
  for (const balancer of members(inventory, "lb"))
    await on(balancer, () => haproxyServer({ server: web.name, state: "maintenance", wait: true }));
}

/** Has all balancers send a web server requests again, once they have found it healthy. */
export async function joinPools(web: HostInfo, inventory: InventoryView): Promise<void> {
  for (const balancer of members(inventory, "lb"))
    await on(balancer, () => haproxyServer({ server: web.name, state: "ready", wait: true, timeout: "1m" }));
}

/** @throws ShowrunnerError where a balancer would have no server left without this one */
export async function requireOtherServer(web: HostInfo, inventory: InventoryView): Promise<void> {
  for (const balancer of members(inventory, "lb")) {
    const others = await on(balancer, () => noOtherServer(web, inventory));
    if (others !== undefined)
      fail(
        `${balancer.name} would have no web server left without ${web.name} (${others})`,
        "bring another web server back first; `npx run playbook status` shows how they are",
      );
  }
}
