/** The site for the page, made of the inventory. */
import { fail, type HostInfo } from "showrunner";
import type { DrawnHost, Tier, Topology } from "./drawn-site.ts";

/** What it is made of: the role's variables. */
interface Wanted {
  readonly title: string;
  readonly addresses: readonly string[];
  readonly groups: {
    readonly balancers?: string | undefined;
    readonly web?: string | undefined;
    readonly application?: string | undefined;
    readonly primary?: string | undefined;
    readonly replicas?: string | undefined;
    readonly monitoring?: string | undefined;
  };
}

/** What the role asks of the inventory. */
interface Hosts {
  /** Whether there is such a group. */
  has(group: string): boolean;
  select(pattern: string): readonly Pick<HostInfo, "name" | "address">[];
}

/**
 * @throws ShowrunnerError `task.failed` where there is nothing to draw, and what `select` throws for a pattern that the
 *   caller has given
 */
export function topologyOf({ title, addresses, groups }: Wanted, inventory: Hosts): Topology {
  const hosts = (given: string | undefined, usual: string, part?: DrawnHost["part"]): DrawnHost[] => {
    if (given === undefined && !inventory.has(usual)) return [];
    const found = inventory.select(given ?? usual);
    return found.map(({ name, address }) => ({ name, address, ...(part && { part }) }));
  };
  const all: Tier[] = [
    { kind: "balancers", hosts: hosts(groups.balancers, "lb") },
    { kind: "web", hosts: hosts(groups.web, "web") },
    { kind: "application", hosts: hosts(groups.application, "app") },
    {
      kind: "databases",
      hosts: [
        ...hosts(groups.primary, "db_primary", "primary"),
        ...hosts(groups.replicas, "db_replica", "replica"),
      ],
    },
    { kind: "monitoring", hosts: hosts(groups.monitoring, "mon") },
  ];
  const tiers = all.filter((tier) => tier.hosts.length > 0);
  if (tiers.length === 0)
    fail(
      "the status page has nothing to show: the inventory has no host in lb, web, app, db_primary, db_replica or mon",
      'name the hosts: groups: { balancers: "edge", web: "www", primary: "database" }',
    );
  return { title, addresses: [...addresses], tiers };
}
