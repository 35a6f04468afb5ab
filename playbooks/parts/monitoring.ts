/** Who watches over the site: exporters beside what they watch, and Prometheus on the hosts of the group `mon`. */
import { type HostInfo, type InventoryView, play, withDefault } from "showrunner";
import {
  alertmanager,
  blackboxExporter,
  mysqlExporter,
  nginxExporter,
  nodeExporter,
  prometheus,
  scrapeInterval,
} from "../../roles/index.ts";
import { withPort } from "../../roles/ip-address.ts";
import { healthUrl } from "./application.ts";
import { edgeCertificate, trustSigners } from "./edge-certificate.ts";
import { monitors } from "./hosts.ts";
import { domain, siteAddresses, webPort } from "./words.ts";

const isIn = ({ groups }: HostInfo, group: string) => groups.includes(group);

// all hosts, since an inventory need not have the groups
export const monitoring = [
  play(
    "what tells how the site is",
    { hosts: "all", become: true, vars: { siteAddresses } },
    {
      node: async ({ host, vars, inventory }) => {
        if (monitors(inventory).length === 0) return;
        const sharesAddress = isIn(host, "lb") && vars.siteAddresses.length > 0;
        await nodeExporter({ textfiles: sharesAddress ? ["/var/lib/keepalived"] : [] });
      },
      nginx: async ({ host, inventory }) => {
        if (monitors(inventory).length > 0 && isIn(host, "web")) await nginxExporter({});
      },
      mysql: async ({ host, inventory }) => {
        if (monitors(inventory).length > 0 && isIn(host, "db"))
          await mysqlExporter({ makeAccount: isIn(host, "db_primary") });
      },
    },
  ),

  play(
    "who watches over the site",
    {
      hosts: "all",
      become: true,
      vars: {
        domain,
        siteAddresses,
        webPort,
        edgeCertificate,
        monitoringInterval: withDefault(scrapeInterval, "15s"),
      },
    },
    {
      trust: async ({ host, vars, inventory }) => {
        if (isIn(host, "mon")) await trustSigners(vars.edgeCertificate, inventory);
      },
      monitoring: async ({ host, vars, inventory }) => {
        if (!isIn(host, "mon")) return;
        await blackboxExporter({});
        await alertmanager({});
        await prometheus({
          interval: vars.monitoringInterval,
          targets: [
            { job: "node", hosts: "all", port: 9100 },
            { job: "haproxy", hosts: "lb", port: 8404 },
            { job: "nginx", hosts: "web", port: 9113 },
            { job: "mysql", hosts: "db_primary", port: 9104, labels: { role: "primary" } },
            { job: "mysql", hosts: "db_replica", port: 9104, labels: { role: "replica" } },
          ],
          probes: probesOf(inventory, vars),
        });
      },
    },
  ),
];

interface Asked {
  readonly domain: string;
  readonly siteAddresses: readonly string[];
  readonly webPort: number;
}

/** What is asked from outside: where visitors come, and all that stands between them and the application. */
export function probesOf(inventory: InventoryView, { domain: name, siteAddresses, webPort: port }: Asked) {
  const health = (address: string, at = 443) => `https://${withPort(address, at)}/healthz`;
  const of = (group: string, what: string, more: (host: HostInfo) => { url: string; name?: string }) =>
    inventory.group(group).map((host) => ({ what, host: host.name, ...more(host) }));
  // certificates are verified by the site's name, and web servers' by their own
  return [
    ...siteAddresses.map((address) => ({ what: "address", url: health(address), name })),
    ...of("lb", "balancer", ({ address }) => ({ url: health(address), name })),
    ...of("web", "web", (host) => ({ url: health(host.address, port), name: host.name })),
    // Prometheus asks its own host, too: so somebody sees how long the page's certificate is good
    ...of("mon", "status page", (host) => ({ url: health(host.address), name: host.name })),
    ...of("app", "application", (host) => ({ url: healthUrl(host) })),
  ];
}
