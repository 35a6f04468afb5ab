/** The web servers: Nginx, which the balancers reach by TLS, with the application behind it. */
import { isIP } from "node:net";
import { type HostInfo, type InventoryView, play } from "showrunner";
import { nginx } from "../../roles/index.ts";
import { applicationFiles, applicationPort } from "./application.ts";
import { hostCertificate, hostCertificateFiles } from "./certificates.ts";
import { addresses, monitors } from "./hosts.ts";
import { domain, webPort } from "./words.ts";

export const webServers = play(
  "web servers",
  { hosts: "web", become: true, vars: { domain, webPort } },
  {
    certificate: ({ host, inventory }) => hostCertificate(host, inventory, "web", "nginx"),
    nginx: ({ vars, host, inventory }) =>
      nginx({
        domain: vars.domain,
        port: vars.webPort,
        tls: hostCertificateFiles("web"),
        upstreams: upstreams(host, inventory),
        staticFiles: `${applicationFiles}/static`,
        // its exporter asks it, from the host itself
        ...(monitors(inventory).length > 0 && { monitoring: { hosts: host.name } }),
        // a balancer that is known by a name alone is taken for a visitor
        balancers: addresses(inventory, "lb").filter((address) => isIP(address) !== 0),
        headers: { "Content-Security-Policy": pages },
      }),
  },
);

/** What the application's pages may load, and where their forms go: the site itself, and nobody shows them in a frame. */
const pages = "default-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'";

/** A web server asks the application beside it; one without asks them all. */
function upstreams(host: HostInfo, inventory: InventoryView) {
  const servers = inventory.group("app");
  const beside = servers.filter(({ name }) => name === host.name);
  return (beside.length > 0 ? beside : servers).map(({ address }) => ({ address, port: applicationPort }));
}
