/** Tells which controls of the dev-sec baselines hold on each host. It only reads, and fails where one does not hold. */
import { debug, fail, play, playbook } from "showrunner";
import { findingsOf, tableOf } from "./audit/findings.ts";
import { kernel } from "./audit/kernel.ts";
import { mysql } from "./audit/mysql.ts";
import { nginx } from "./audit/nginx.ts";
import { ssh } from "./audit/ssh.ts";
import { system } from "./audit/system.ts";

export default playbook([
  play(
    "audit",
    { hosts: "all", become: true },
    {
      controls: async ({ host }) => {
        const found = (
          await Promise.all([
            findingsOf(ssh),
            findingsOf(system),
            findingsOf(kernel),
            findingsOf(nginx),
            findingsOf(mysql),
          ])
        ).flat();
        await debug({ message: tableOf(found) }, { name: `controls of ${host.name}` });
        const bad = found.filter(({ verdict }) => verdict === "does not hold");
        if (bad.length > 0)
          fail(
            `${bad.length} of ${found.length} controls do not hold: ${bad.map(({ id }) => id).join(", ")}`,
            "the table above says what was found; docs/hardening.md says what the site does by itself",
          );
      },
    },
  ),
]);
