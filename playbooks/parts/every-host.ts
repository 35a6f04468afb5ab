/** What every host of the site has. */
import { play, Type } from "showrunner";
import { common, firewall } from "../../roles/index.ts";

export const everyHost = play(
  "every host",
  { hosts: "all", become: true, vars: { domain: Type.String({ format: "hostname" }) } },
  {
    common: ({ vars, host }) => common({ motd: `${host.name}, part of ${vars.domain}` }),
    // without rules a host would let nobody in
    firewall: async ({ inventory }) => {
      if (inventory.traffic.length > 0) await firewall({});
    },
  },
);
