/** Looks at one host of the site, and changes nothing. */
import { type HostInfo, haproxyServer, type InventoryView, messageOf, readFact } from "showrunner";
import { appPaths } from "../../../roles/app/paths.ts";
import { guestBook } from "../application.ts";
import { balancerState } from "../balancer-state.ts";
import { has, members } from "../hosts.ts";
import { hostLook } from "./host-look.ts";
import type { PoolServer, SeenHost } from "./screen.ts";

/** What a look has to know of the site. */
interface Site {
  /** Whether the balancers share an address. */
  readonly isShared: boolean;
  /** Where HAProxy finds the certificate that visitors see. */
  readonly edgeFolder: string;
}

export async function lookAt(host: HostInfo, inventory: InventoryView, site: Site): Promise<SeenHost> {
  const { name, address, groups } = host;
  const seen = { name, address, groups };
  const isBalancer = has(host, "lb");
  try {
    const [look, balancer] = await Promise.all([
      readFact(hostLook, askedOf(host, site)),
      isBalancer ? readFact(balancerState, "") : undefined,
    ]);
    const pool = isBalancer ? await poolOf(inventory) : undefined;
    return { ...seen, look, ...(balancer && { balancer }), ...(pool && { pool }) };
  } catch (error) {
    return { ...seen, down: messageOf(error) };
  }
}

/** What a host is asked. */
export function askedOf(host: HostInfo, { isShared, edgeFolder }: Site) {
  const { name } = guestBook(host);
  const { current, notRead } = appPaths(name);
  const database = has(host, "db_primary") || has(host, "db_replica");
  const isApp = has(host, "app");
  return {
    units: [
      ...(has(host, "lb") ? ["haproxy", ...(isShared ? ["keepalived"] : [])] : []),
      ...(has(host, "web") ? ["nginx"] : []),
      ...(isApp ? [name] : []),
      ...(database ? ["mariadb"] : []),
      ...(host.groups.includes("mon") ? ["prometheus", "prometheus-alertmanager", "nginx"] : []),
    ],
    release: isApp ? current : "",
    notRead: isApp ? notRead : "",
    database,
    // the edge's, of whatever kind is in service, and those for the traffic between hosts
    certificates: [edgeFolder, "/etc/ssl/site"],
  };
}

async function poolOf(inventory: InventoryView): Promise<PoolServer[] | undefined> {
  const pool: PoolServer[] = [];
  for (const { name } of members(inventory, "web")) {
    const found = await haproxyServer({ server: name }, { ignoreErrors: true });
    if (found.failed) continue;
    for (const { state, status, check } of found.value.servers)
      pool.push({ server: name, state, status, check });
  }
  return pool.length > 0 ? pool : undefined;
}
