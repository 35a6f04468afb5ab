/** What every host of the site has. */
import { type HostInfo, play, Type, withDefault } from "showrunner";
import { common, firewall, hardening } from "../../roles/index.ts";
import { domain, siteAddresses } from "./words.ts";

export const everyHost = play(
  "every host",
  {
    hosts: "all",
    become: true,
    vars: {
      domain,
      siteAddresses,
      /** Whether hosts install security updates by themselves, each day. */
      securityUpdates: withDefault(Type.Boolean(), true),
    },
  },
  {
    hardening: ({ vars, host }) =>
      hardening({
        kernel: vars.siteAddresses.length > 0 ? kernelOf(host) : {},
        updates: vars.securityUpdates,
        // a primary that is started again waits for a run of this playbook before it takes writes
        updatesWithout: ["mariadb-", "mysql-", "galera-"],
      }),
    common: ({ vars, host }) => common({ motd: `${host.name}, part of ${vars.domain}` }),
    // without rules a host would let nobody in
    firewall: async ({ inventory }) => {
      if (inventory.traffic.length > 0) await firewall({});
    },
  },
);

/** A balancer answers for an address that moves as keepalived tells it, and not as the hosts' own rules have it. */
function kernelOf({ groups }: HostInfo) {
  if (!groups.includes("lb")) return {};
  return { "net.ipv4.conf.all.arp_ignore": false, "net.ipv4.conf.all.arp_announce": false } as const;
}
