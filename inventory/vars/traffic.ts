/** Who talks to whom in the site. The role `firewall` lets this through, and nothing else; `npx run firewall` shows it. */
import type { TrafficRule } from "showrunner";

/**
 * Balancers reach the web servers at 443: an inventory with another `webPort` needs that port here, too.
 *
 * @param administrators from where the hosts are administered: addresses or networks, the control machine's among them
 */
export function siteTraffic(administrators: readonly string[]): TrafficRule[] {
  return [
    { what: "administrators", from: administrators, to: "all", ports: 22 },
    { what: "visitors", from: "anywhere", to: "lb", ports: [80, 443] },
    { what: "the balancers' peers", from: "lb", to: "lb", protocol: "vrrp" },
    { what: "pages", from: "lb", to: "web", ports: 443 },
    { what: "the application", from: "web", to: "app", ports: 8000 },
    { what: "queries", from: "app", to: "db", ports: 3306 },
    { what: "replication", from: "db", to: "db", ports: 3306 },
  ];
}

/**
 * What the hosts of the group `mon` may ask, beside the pages that everybody may see, and who may see what they show.
 *
 * @param administrators from where the hosts are administered: addresses or networks
 */
export function monitoringTraffic(administrators: readonly string[]): TrafficRule[] {
  return [
    { what: "the status page", from: administrators, to: "mon", ports: 443 },
    { what: "figures of hosts", from: "mon", to: "all", ports: 9100 },
    { what: "figures of balancers", from: "mon", to: "lb", ports: 8404 },
    { what: "figures of web servers", from: "mon", to: "web", ports: 9113 },
    { what: "figures of databases", from: "mon", to: "db", ports: 9104 },
    { what: "whether each web server answers", from: "mon", to: "web", ports: 443 },
    { what: "whether each application server answers", from: "mon", to: "app", ports: 8000 },
  ];
}
