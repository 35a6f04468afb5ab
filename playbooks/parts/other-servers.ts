/** Whether a balancer has another web server that takes requests. */
import { type HostInfo, haproxyServer, type InventoryView } from "showrunner";
import { members } from "./hosts.ts";

/**
 * Asks the current host, a balancer.
 *
 * @returns how the others are where none takes requests; undefined where one does
 */
export async function noOtherServer(
  web: Pick<HostInfo, "name">,
  inventory: InventoryView,
): Promise<string | undefined> {
  const states: string[] = [];
  for (const { name } of members(inventory, "web").filter((one) => one.name !== web.name)) {
    const { servers } = (await haproxyServer({ server: name })).value;
    if (servers.every(({ state, status }) => state === "ready" && /^(UP|no check)/.test(status)))
      return undefined;
    states.push(`${name}: ${servers.map(({ state, status }) => `${state}, ${status}`).join("; ")}`);
  }
  return states.join(" | ") || "there is no other";
}
