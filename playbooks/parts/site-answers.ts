/** Whether the site answers, at each balancer and at each address that moves. */
import { http, play } from "showrunner";
import { siteAddresses } from "./words.ts";

export const siteAnswers = play(
  "the site answers",
  { hosts: "lb", become: true, vars: { siteAddresses } },
  {
    verify: async ({ host, vars }) => {
      for (const address of [host.address, ...vars.siteAddresses])
        await http(
          { url: `http://${address}/healthz`, status: 200 },
          { name: "through the balancer", retries: 20, delay: "1s" },
        );
    },
  },
);
