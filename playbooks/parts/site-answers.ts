/** Whether the site answers, at each balancer and at each address that moves: its certificate is verified, too. */
import { http, play } from "showrunner";
import { domain, siteAddresses } from "./words.ts";

export const siteAnswers = play(
  "the site answers",
  { hosts: "lb", become: true, vars: { domain, siteAddresses } },
  {
    verify: async ({ host, vars }) => {
      for (const connectTo of [host.address, ...vars.siteAddresses])
        await http(
          { url: `https://${vars.domain}/healthz`, connectTo, status: 200 },
          { name: "through the balancer", retries: 20, delay: "1s" },
        );
    },
  },
);
