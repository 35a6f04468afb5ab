/** What plays ask about other hosts of the inventory. */
import { fail, type HostInfo, type InventoryView, messageOf } from "showrunner";

/** What a host does for the site, by its groups. */
const duties = {
  lb: "balancer",
  web: "web server",
  app: "application server",
  db_primary: "primary database",
  db_replica: "replica",
} as const;
export type Duty = keyof typeof duties;

/** The hosts of a group; none where the inventory has no such group. */
export function members(inventory: InventoryView, group: string): readonly HostInfo[] {
  return inventory.groups.has(group) ? inventory.group(group) : [];
}

export function has(host: HostInfo, duty: Duty): boolean {
  return host.groups.includes(duty);
}

/**
 * The host that a playbook is told by its name.
 *
 * @throws ShowrunnerError where the inventory has no such host, or where visitors need nothing of it
 */
export function hostOfSite(inventory: InventoryView, name: string): HostInfo {
  const host = namedHost(inventory, name);
  const groups = Object.keys(duties);
  if (!groups.some((group) => host.groups.includes(group)))
    fail(
      `${name} is in none of the groups ${groups.join(", ")}: visitors do not need it, so no other host has to stand in for it`,
      "work on it as it is, or name another host",
    );
  return host;
}

function namedHost(inventory: InventoryView, name: string): HostInfo {
  try {
    return inventory.host(name);
  } catch (error) {
    const names = inventory.select("all").map((host) => host.name);
    return fail(messageOf(error), `-e host=NAME takes one of: ${names.join(", ")}`);
  }
}

/** What nobody does while this host is away: it alone does it, or it is the primary. */
export function doneByNobodyElse(host: HostInfo, inventory: InventoryView): string[] {
  const alone = (["lb", "web", "app"] as const).filter(
    (duty) => has(host, duty) && members(inventory, duty).length === 1,
  );
  return [...alone, ...(has(host, "db_primary") ? (["db_primary"] as const) : [])].map(
    (duty) => duties[duty],
  );
}

export function addresses(inventory: InventoryView, group: string): string[] {
  return [...new Set(inventory.group(group).map(({ address }) => address))];
}

export function primary(inventory: InventoryView): HostInfo {
  const [first] = inventory.group("db_primary");
  if (!first) throw new Error("the inventory has no host in the group db_primary");
  return first;
}

/** The hosts that watch over the others: none where the inventory has no group `mon`. */
export function monitors(inventory: InventoryView): readonly HostInfo[] {
  return members(inventory, "mon");
}
