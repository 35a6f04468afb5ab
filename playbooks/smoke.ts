/** Deploys the site and verifies it from outside, as a visitor would: for CI on fresh machines. */
import { fail, http, on, play, playbook } from "showrunner";
import { edgeCertificate, visitorsTrust } from "./parts/edge-certificate.ts";
import { domain } from "./parts/words.ts";
import { sitePlays } from "./site.ts";

export default playbook([
  ...sitePlays,
  play(
    "verify from outside",
    { hosts: "lb[0]", vars: { domain, edgeCertificate } },
    {
      verify: async ({ host, vars, inventory, check }) => {
        if (check) return; // there is nothing to visit yet
        const ca = await visitorsTrust(vars.edgeCertificate, inventory);
        await on("localhost", async () => {
          const site = `https://${vars.domain}`;
          const visitor = { connectTo: host.address, ...(ca === undefined ? {} : { ca }) };
          const note = `smoke ${Date.now()}`;
          const patience = { retries: 10, delay: "1s" } as const;
          await http(
            { ...visitor, url: `${site}/static/site.css`, status: 200 },
            { name: "a static file", ...patience },
          );
          await http(
            {
              ...visitor,
              url: `${site}/notes`,
              method: "POST",
              body: `text=${encodeURIComponent(note)}`,
              headers: { "content-type": "application/x-www-form-urlencoded" },
              status: 303,
            },
            { name: "a note is taken" },
          );
          await http(
            { ...visitor, url: `${site}/`, status: 200 },
            { name: "the note is shown", ...patience, until: ({ value }) => value.body.includes(note) },
          );
          const page = await http({ ...visitor, url: `${site}/`, status: 200 }, { name: "the page" });
          if (!page.value.body.includes("Guest book")) fail("the page is somebody else's");
          const plain = await http(
            { url: `http://${host.address}/`, status: 301 },
            { name: "HTTP leads to HTTPS" },
          );
          if (!plain.value.headers["location"]?.startsWith("https://")) fail("HTTP leads elsewhere");
        });
      },
    },
  ),
]);
