/** Newer packages on all hosts, one after the other, and reboots where they are needed: visitors notice nothing. */
import { type HostInfo, on, play, playbook, readFact, Type, withDefault } from "showrunner";
import { balancerState } from "./parts/balancer-state.ts";
import { has } from "./parts/hosts.ts";
import { patchHost } from "./parts/patch-host.ts";

const vars = {
  /** This host alone. */
  host: Type.Optional(Type.String({ minLength: 1 })),
  /** Whether the primary, and a host that is the only one of its kind, are patched, too. */
  allowOutage: withDefault(Type.Boolean(), false),
};

export default playbook([
  play(
    "patch",
    { hosts: "localhost", become: true, vars },
    {
      patch: async ({ vars, inventory, check }) => {
        const hosts = vars.host === undefined ? inventory.select("all") : [inventory.host(vars.host)];
        const asked = { inventory, check, allowOutage: vars.allowOutage };
        // the first host that is no good ends this
        for (const stage of stages)
          for (const host of await stage(hosts)) await on(host, () => patchHost(host, asked));
      },
    },
  ),
]);

type Hosts = readonly HostInfo[];

const isPrimary = (host: HostInfo) => has(host, "db_primary");
const isReplica = (host: HostInfo) => has(host, "db_replica") && !has(host, "lb") && !isPrimary(host);
const isBalancer = (host: HostInfo) => has(host, "lb") && !isPrimary(host);

/** Who is patched after whom: last come those on which most depends. */
const stages: readonly ((hosts: Hosts) => Hosts | PromiseLike<Hosts>)[] = [
  (hosts) => hosts.filter(isReplica),
  (hosts) => hosts.filter((host) => !isReplica(host) && !isBalancer(host) && !isPrimary(host)),
  (hosts) => standingByFirst(hosts.filter(isBalancer)),
  (hosts) => hosts.filter(isPrimary),
];

/** So an address moves to a balancer that is done. */
async function standingByFirst(balancers: Hosts): Promise<Hosts> {
  const states = [];
  for (const host of balancers) {
    const { addresses } = await on(host, async () => await readFact(balancerState, ""));
    states.push({ host, inUse: addresses.some(({ held }) => held) });
  }
  return states.toSorted((a, b) => Number(a.inUse) - Number(b.inUse)).map(({ host }) => host);
}
