/** Who watches over the site: exporters beside what they watch, and Prometheus on the hosts of the group `mon`. */
import { type HostInfo, type InventoryView, Param, play, withDefault } from "showrunner";
import {
  alertmanager,
  blackboxExporter,
  mysqlExporter,
  nginxExporter,
  nodeExporter,
  prometheus,
} from "../../roles/index.ts";
import { healthUrl } from "./application.ts";
import { monitors } from "./hosts.ts";
import { siteAddresses, webPort } from "./words.ts";

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
      vars: { siteAddresses, webPort, monitoringInterval: withDefault(Param.duration(), "15s") },
    },
    {
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

/** What is asked from outside: where visitors come, and all that stands between them and the application. */
function probesOf(
  inventory: InventoryView,
  {
    siteAddresses: shared,
    webPort: port,
  }: { readonly siteAddresses: readonly string[]; readonly webPort: number },
) {
  const health = (address: string, at: number) => `http://${address}:${at}/healthz`;
  const of = (group: string, what: string, url: (host: HostInfo) => string) =>
    inventory.group(group).map((host) => ({ what, host: host.name, url: url(host) }));
  return [
    ...shared.map((address) => ({ what: "address", url: health(address, 80) })),
    ...of("lb", "balancer", ({ address }) => health(address, 80)),
    ...of("web", "web", ({ address }) => health(address, port)),
    ...of("app", "application", healthUrl),
  ];
}
