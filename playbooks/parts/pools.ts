/** A web server leaves the pools of all balancers, and comes back. */
import { fail, type HostInfo, haproxyServer, type InventoryView, on } from "showrunner";
import { members } from "./hosts.ts";

/**
 * Has no balancer send a web server anything, and waits until its requests have ended. It holds over reloads and restarts
 * of the balancers, and over further runs of the playbooks `site` and `deploy`.
 *
 * @throws ShowrunnerError before anything is changed, where a balancer would have no server left
 */
export async function leavePools(web: HostInfo, inventory: InventoryView): Promise<void> {
  const balancers = members(inventory, "lb");
  for (const balancer of balancers) await requireAnother(web, inventory, balancer);
  for (const balancer of balancers)
    await on(balancer, () => haproxyServer({ server: web.name, state: "maintenance", wait: true }));
}

/** Has all balancers send a web server requests again, once they have found it healthy. */
export async function joinPools(web: HostInfo, inventory: InventoryView): Promise<void> {
  for (const balancer of members(inventory, "lb"))
    await on(balancer, () => haproxyServer({ server: web.name, state: "ready", wait: true, timeout: "1m" }));
}

async function requireAnother(web: HostInfo, inventory: InventoryView, balancer: HostInfo): Promise<void> {
  const others = members(inventory, "web").filter(({ name }) => name !== web.name);
  const states: string[] = [];
  for (const { name } of others) {
    const { value } = await on(balancer, async () => await haproxyServer({ server: name }));
    if (value.servers.every(({ state, status }) => state === "ready" && /^(UP|no check)/.test(status)))
      return;
    states.push(`${name}: ${value.servers.map(({ state, status }) => `${state}, ${status}`).join("; ")}`);
  }
  fail(
    `${balancer.name} would have no web server left without ${web.name} (${states.join(" | ") || "there is no other"})`,
    "bring another web server back first; `npx run playbook status` shows how they are",
  );
}
