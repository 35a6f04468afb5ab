/** An address moves only where there is another balancer that it can move to. */
import { fail, type InventoryView } from "showrunner";
import { members } from "./hosts.ts";

/** @throws ShowrunnerError `task.failed` for `siteAddresses` where there is one balancer */
export function addressesCanMove(siteAddresses: readonly string[], inventory: InventoryView): void {
  const [balancer, other] = members(inventory, "lb");
  if (siteAddresses.length === 0 || balancer === undefined || other !== undefined) return;
  fail(
    `siteAddresses (${siteAddresses.join(", ")}) move between balancers, and ${balancer.name} is the only one`,
    "put a second host into the group lb, or leave siteAddresses out: visitors then use the balancer's own address",
  );
}
