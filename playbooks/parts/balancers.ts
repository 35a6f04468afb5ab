/** The balancers, and the addresses that move between them. */
import { play, withDefault } from "showrunner";
import { Algorithm, Mode } from "../../roles/haproxy/index.ts";
import { haproxy, keepalived } from "../../roles/index.ts";
import { monitors } from "./hosts.ts";
import { siteAddresses, webPort } from "./words.ts";

export const balancers = [
  play(
    "balancers",
    {
      hosts: "lb",
      become: true,
      vars: {
        webPort,
        algorithm: withDefault(Algorithm, "roundRobin"),
        balancerMode: withDefault(Mode, "activeActive"),
      },
    },
    {
      haproxy: ({ vars, inventory }) =>
        haproxy({
          servers: inventory.group("web").map(({ name, address }) => ({ name, address, port: vars.webPort })),
          algorithm: vars.algorithm,
          mode: vars.balancerMode,
          ...(monitors(inventory).length > 0 && { monitoring: { hosts: "mon" } }),
        }),
    },
  ),

  // plays of their own: by now the balancers' handlers have run, and a balancer takes an address only while it works
  play(
    "addresses that move",
    { hosts: "lb", become: true, vars: { siteAddresses } },
    {
      keepalived: async ({ vars }) => {
        if (vars.siteAddresses.length === 0) return;
        await keepalived({ nodes: "lb", addresses: vars.siteAddresses.map((address) => ({ address })) });
      },
    },
  ),
];
