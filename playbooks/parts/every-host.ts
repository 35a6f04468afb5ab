/** What every host of the site has. */
import { play } from "showrunner";
import { common, firewall } from "../../roles/index.ts";
import { domain } from "./words.ts";

export const everyHost = play(
  "every host",
  { hosts: "all", become: true, vars: { domain } },
  {
    common: ({ vars, host }) => common({ motd: `${host.name}, part of ${vars.domain}` }),
    // without rules a host would let nobody in
    firewall: async ({ inventory }) => {
      if (inventory.traffic.length > 0) await firewall({});
    },
  },
);
