/** A balancer leaves its addresses to another one, and takes part again. */
import { copy, fail, file, type HostInfo, http, type InventoryView, on, readFact, waitFor } from "showrunner";
import { metricsFile, outOfService } from "../../roles/keepalived/paths.ts";
import { balancerState } from "./balancer-state.ts";
import { members } from "./hosts.ts";

/** HAProxy's health port, which the role `haproxy` opens on the balancer itself. */
const healthPort = 8405;

/**
 * Has a balancer hold no address, and waits until another one has them. Where none takes them, this balancer does so again.
 * Restarts and further runs of the playbook `site` change nothing about it, until `takeAddresses`.
 *
 * @param reason one word, which the playbook `status` shows
 * @throws ShowrunnerError before anything is changed, where no other balancer could take the addresses
 */
export async function leaveAddresses(balancer: HostInfo, inventory: InventoryView, reason: string) {
  const { addresses } = await stateOf(balancer);
  if (addresses.length === 0)
    fail(
      `${balancer.name} shares no address with another balancer, so visitors would find nothing in its place`,
      "give the site an address that moves (siteAddresses) and a second host in lb, and run `site`",
    );
  await requireAnother(balancer, inventory);
  await on(balancer, async () => {
    const { changed } = await copy({ dest: outOfService, content: `${reason}\n`, mode: "0644" });
    try {
      for (const { address } of addresses) {
        await waitFor({ path: metricsFile(address), search: "} 0$", timeout: "15s" });
        // this host does not have it any more, so whoever answers there is another one
        await waitFor({ host: address, port: 80, timeout: "15s" });
      }
    } catch (error) {
      // nobody has taken the address, and this host may have it again
      if (changed) await file({ path: outOfService, state: "absent" });
      throw error;
    }
  });
}

/** Has a balancer take part again. No address moves by that: the balancer stands by. */
export async function takeAddresses(balancer: HostInfo): Promise<void> {
  await on(balancer, async () => {
    const { changed } = await file({ path: outOfService, state: "absent" });
    // keepalived looks each second, and stands by a second later
    await waitFor({ port: healthPort, delay: changed ? "3s" : 0, timeout: "30s" });
  });
}

/** @throws ShowrunnerError where no other balancer is in service and healthy */
export async function requireAnother(balancer: HostInfo, inventory: InventoryView): Promise<void> {
  const others = members(inventory, "lb").filter(({ name }) => name !== balancer.name);
  const problems = [];
  for (const other of others) {
    const state = await stateOf(other);
    if (state.runs && state.outOfService === undefined && (await isHealthy(other))) return;
    problems.push(
      `${other.name}: ${state.outOfService === undefined ? "HAProxy or keepalived does not run, or HAProxy is not healthy" : `is out of service (${state.outOfService})`}`,
    );
  }
  fail(
    `no other balancer could take the addresses of ${balancer.name} (${problems.join("; ") || "there is none"})`,
    "bring another balancer back first; `npx run playbook status` shows how they are",
  );
}

/** keepalived takes no address where HAProxy's health port does not answer so. */
async function isHealthy(balancer: HostInfo): Promise<boolean> {
  const url = `http://127.0.0.1:${healthPort}/healthz`;
  const { failed } = await on(balancer, () =>
    http({ url, status: 200, timeout: "2s" }, { name: "health", ignoreErrors: true }),
  );
  return !failed;
}

function stateOf(balancer: HostInfo) {
  return on(balancer, async () => await readFact(balancerState, ""));
}
