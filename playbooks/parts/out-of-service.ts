/** A host is taken out of service, and brought back: all that visitors need is done by other hosts meanwhile. */
import { fail, type HostInfo, type InventoryView } from "showrunner";
import { leaveAddresses, requireAnother, takeAddresses } from "./addresses.ts";
import { beginApplication, endApplication, requireOtherApplication } from "./alone.ts";
import { doneByNobodyElse, has } from "./hosts.ts";
import { joinPools, leavePools, requireOtherServer } from "./pools.ts";
import { giveReadsBack, takeReads } from "./reads.ts";

/**
 * Refuses a host that nobody stands in for, by the inventory alone.
 *
 * @throws ShowrunnerError `task.failed` with what to do first
 */
export function requireStandIn(host: HostInfo, inventory: InventoryView): void {
  if (has(host, "db_primary"))
    fail(
      `${host.name} has the primary database, and every write needs it`,
      'make another server the primary first: roles/mysql/README.md, "Who is the primary"',
    );
  const [alone] = doneByNobodyElse(host, inventory);
  if (alone !== undefined)
    fail(
      `${host.name} is the only ${alone} of the site`,
      "add another one to the inventory and run `site` first",
    );
}

/**
 * Has other hosts do what the host does for visitors. What is done already is left as it is.
 *
 * @param reason one word, which the playbook `status` shows
 * @throws ShowrunnerError before anything is changed, where nobody could do a part of it
 */
export async function takeOut(host: HostInfo, inventory: InventoryView, reason: string): Promise<void> {
  // all of it is asked first: a host that is several things is not left half-way
  if (has(host, "lb")) await requireAnother(host, inventory);
  if (has(host, "web")) await requireOtherServer(host, inventory);
  else if (has(host, "app")) await requireOtherApplication(host, inventory);
  // the servers that reads move on are restarted one by one: all of them have to be there
  if (has(host, "db_replica")) await takeReads(host, inventory, reason);
  if (has(host, "lb")) await leaveAddresses(host, inventory, reason);
  if (has(host, "web")) await leavePools(host, inventory);
  else if (has(host, "app")) await endApplication(host, inventory, reason);
}

/** The way back, once the host does its work. */
export async function bringBack(host: HostInfo, inventory: InventoryView): Promise<void> {
  if (has(host, "web")) await joinPools(host, inventory);
  else if (has(host, "app")) await beginApplication(host);
  if (has(host, "lb")) await takeAddresses(host);
  if (has(host, "db_replica")) await giveReadsBack(host, inventory);
}
