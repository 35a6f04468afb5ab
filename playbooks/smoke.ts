/** Deploys the site and verifies it from outside, as a visitor would: for CI on fresh machines. */
import { fail, http, on, play, playbook, Type } from "showrunner";
import { sitePlays } from "./site.ts";

export default playbook([
  ...sitePlays,
  play(
    "verify from outside",
    { hosts: "lb[0]", vars: { domain: Type.String() } },
    {
      verify: ({ host, check }) =>
        on("localhost", async () => {
          if (check) return; // there is nothing to visit yet
          const site = `http://${host.address}`;
          const note = `smoke ${Date.now()}`;
          const patience = { retries: 10, delay: "1s" } as const;
          await http({ url: `${site}/static/site.css`, status: 200 }, { name: "a static file", ...patience });
          await http(
            {
              url: `${site}/notes`,
              method: "POST",
              body: `text=${encodeURIComponent(note)}`,
              headers: { "content-type": "application/x-www-form-urlencoded" },
              status: 303,
            },
            { name: "a note is taken" },
          );
          await http(
            { url: `${site}/`, status: 200 },
            { name: "the note is shown", ...patience, until: ({ value }) => value.body.includes(note) },
          );
          const page = await http({ url: `${site}/`, status: 200 }, { name: "the page" });
          if (!page.value.body.includes("Guest book")) fail("the page is somebody else's");
        }),
    },
  ),
]);
