/** The web servers: Nginx, with the application behind it. */
import { type HostInfo, type InventoryView, play, Type } from "showrunner";
import { nginx } from "../../roles/index.ts";
import { applicationFiles, applicationPort } from "./application.ts";
import { monitors } from "./hosts.ts";
import { webPort } from "./words.ts";

export const webServers = play(
  "web servers",
  { hosts: "web", become: true, vars: { domain: Type.String({ format: "hostname" }), webPort } },
  {
    nginx: ({ vars, host, inventory }) =>
      nginx({
        domain: vars.domain,
        port: vars.webPort,
        upstreams: upstreams(host, inventory),
        staticFiles: `${applicationFiles}/static`,
        // its exporter asks it, from the host itself
        ...(monitors(inventory).length > 0 && { monitoring: { hosts: host.name } }),
      }),
  },
);

/** A web server asks the application beside it; one without asks them all. */
function upstreams(host: HostInfo, inventory: InventoryView) {
  const servers = inventory.group("app");
  const beside = servers.filter(({ name }) => name === host.name);
  return (beside.length > 0 ? beside : servers).map(({ address }) => ({ address, port: applicationPort }));
}
