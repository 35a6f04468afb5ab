/** Who talks to whom in the site. The role `firewall` lets this through, and nothing else; `npx run firewall` shows it. */
import type { TrafficRule } from "showrunner";

/**
 * @param administrators from where the hosts are administered: addresses or networks, the control machine's among them
 */
export function siteTraffic(administrators: readonly string[]): TrafficRule[] {
  return [
    { what: "administrators", from: administrators, to: "all", ports: 22 },
    { what: "visitors", from: "anywhere", to: "lb", ports: [80, 443] },
    { what: "the balancers' peers", from: "lb", to: "lb", protocol: "vrrp" },
    { what: "pages", from: "lb", to: "web", ports: 80 },
    { what: "the application", from: "web", to: "app", ports: 8000 },
    { what: "queries", from: "app", to: "db", ports: 3306 },
    { what: "replication", from: "db", to: "db", ports: 3306 },
  ];
}
