/**
 * The order in which replication gets TLS: first the servers and all replicas use TLS, then the account requires it.
 * When TLS is turned off, the requirement is removed first. In a run, the primary's part comes before its replicas'. So
 * where a replica still replicates without TLS, the primary's part leaves it to the replicas' parts to set the
 * requirement.
 */
import { type HostInfo, type InventoryView, mysqlUser, on } from "showrunner";
import { admits, isAnywhere, lookAround } from "./nodes.ts";
import { type Node, nodeAt } from "./topology.ts";

/** The hosts of a replication account, as on the primary. */
interface AccountHosts {
  readonly user: string;
  readonly hosts: readonly string[];
}

/** The nodes that replicate from a server without TLS, and those of which that is not known. */
export function inTheClear(primary: Node | undefined, nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => {
    const { info } = node;
    if (node === primary) return false;
    if (!info || (info.engine !== undefined && !info.running)) return true;
    const from = info.replicatesFrom;
    const source = nodeAt(nodes, from?.host);
    return from !== undefined && !from.tls && (source === undefined || source === primary);
  });
}

/** The accounts by which these replicas may log in. */
export function usedBy(hosts: readonly string[], replicas: readonly Node[]): string[] {
  // a replica that no account seems to admit connects from an address that the inventory does not know
  if (replicas.some((node) => !hosts.some((host) => admits(host, node)))) return [...hosts];
  return hosts.filter((host) => replicas.some((node) => admits(host, node)));
}

/** The accounts that can't require TLS yet: they exist, and a replica may use them without TLS. */
export function mustWait({ user, hosts }: AccountHosts, self: Node, nodes: readonly Node[]): string[] {
  const there = hosts.filter((host) => self.info?.accounts.includes(`${user}@${host.toLowerCase()}`));
  // nothing says who the replicas are
  if (nodes.length === 1 && hosts.every(isAnywhere)) return there;
  return usedBy(there, inTheClear(self, nodes));
}

/** The accounts that primaries' parts have left to their replicas' parts, by run and by the primary's name. */
const left = new WeakMap<InventoryView, Map<string, AccountHosts>>();

/** Leaves it to the replicas' parts of this run to have these accounts require TLS. */
export function leave(inventory: InventoryView, primary: string, accounts: AccountHosts): void {
  const ofRun = left.get(inventory) ?? new Map<string, AccountHosts>();
  left.set(inventory, ofRun.set(primary, accounts));
}

/**
 * After a replica's part: sets the requirement of TLS for those accounts that no replica uses without TLS any more.
 *
 * @param hosts the hosts of the topology, the replica first
 * @param address the primary's name or address
 */
export async function requireWhatWasLeft(
  inventory: InventoryView,
  hosts: readonly HostInfo[],
  address: string,
): Promise<void> {
  const ofRun = left.get(inventory);
  const name = hosts.find((one) => one.name === address || one.address === address)?.name;
  if (!ofRun || name === undefined || (ofRun.get(name)?.hosts.length ?? 0) === 0) return;
  const nodes = (await lookAround(hosts)) ?? [];
  const primary = nodeAt(nodes, address);
  const accounts = ofRun.get(name);
  if (!primary || !accounts) return;
  const { user, hosts: places } = accounts;
  const waiting = usedBy(places, inTheClear(primary, nodes));
  // noted before the next await, so that no other replica's part does the same
  leave(inventory, primary.name, { user, hosts: waiting });
  for (const host of places.filter((one) => !waiting.includes(one)))
    await on(primary.name, () => mysqlUser({ name: user, host, requireSsl: true }));
}
