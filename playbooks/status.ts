/** Shows the whole site on one screen, and fails where not all is well. It reads only. */
import { debug, defineReporter, fail, once, play, playbook } from "showrunner";
import { edgeCertificate, edgeFolder } from "./parts/edge-certificate.ts";
import { lookAt } from "./parts/status/look.ts";
import { type SeenHost, screenOf } from "./parts/status/screen.ts";
import { domain, siteAddresses } from "./parts/words.ts";

const seen = new Map<string, SeenHost>();

/** The screen alone: `--reporter plain` shows the run as that of any other playbook. */
export const reporter = defineReporter(({ write }) => ({
  subscribe(event) {
    if (event.type === "message") write(`${event.text}\n`);
    if (event.type === "host:failed" && event.error.code !== "task.failed")
      write(`${event.host}: ${event.error.message}\n`);
  },
}));

export default playbook([
  play(
    "status",
    { hosts: "all", become: true, vars: { domain, siteAddresses, edgeCertificate } },
    {
      look: async ({ host, inventory, vars }) => {
        const site = {
          isShared: vars.siteAddresses.length > 0,
          edgeFolder: edgeFolder(vars.edgeCertificate),
        };
        seen.set(host.name, await lookAt(host, inventory, site));
      },
      show: ({ vars, inventory }) =>
        once(async () => {
          const hosts = inventory.select("all").flatMap(({ name }) => seen.get(name) ?? []);
          const { domain, siteAddresses: addresses } = vars;
          const { lines, problems } = screenOf({ domain, addresses, hosts, now: Date.now() });
          await debug({ message: lines.join("\n") });
          if (problems.length > 0) fail(`not all is well: ${problems.join("; ")}`);
        }),
    },
  ),
]);
