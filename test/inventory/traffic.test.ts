import { describe, expect, it } from "vitest";
import { trafficGraph, trafficTable } from "../../src/cli/firewall-views.ts";
import { inventory } from "../../src/inventory/index.ts";
import { plain } from "../../src/report/index.ts";

const site = inventory({
  hosts: { lb1: { address: "192.0.2.11" }, web1: { address: "192.0.2.21" }, web2: { address: "192.0.2.22" } },
  groups: { lb: { hosts: ["lb1"] }, web: { hosts: ["web1", "web2"] }, db: {} },
  traffic: [
    { what: "visitors", from: "anywhere", to: "lb", ports: [443, 80, 443] },
    { what: "pages", from: "lb", to: "web", ports: 80 },
    { what: "administrators", from: ["198.51.100.0/24", "2001:db8::1", "lb"], to: "all", ports: 22 },
    { what: "peers", from: "lb", to: "lb", protocol: "vrrp" },
    { what: "queries", from: "web", to: "db", ports: 3306 },
  ],
});
const names = (hosts: readonly { name: string }[]) => hosts.map(({ name }) => name);

describe("an inventory's traffic", () => {
  it("has its hosts, ports and networks", () => {
    const [visitors, , administrators, peers, queries] = site.traffic;
    expect(visitors).toMatchObject({
      isOpen: true,
      sources: [],
      networks: [],
      ports: [80, 443],
      protocol: "tcp",
    });
    expect(names(visitors?.targets ?? [])).toEqual(["lb1"]);
    expect(administrators).toMatchObject({ isOpen: false, networks: ["198.51.100.0/24", "2001:db8::1"] });
    expect(names(administrators?.sources ?? [])).toEqual(["lb1"]);
    expect(names(administrators?.targets ?? [])).toEqual(["lb1", "web1", "web2"]);
    expect(peers).toMatchObject({ protocol: "vrrp", ports: [] });
    expect(queries?.targets).toEqual([]);
  });

  it("is empty where the inventory does not say", () => {
    expect(inventory({ hosts: { a: {} } }).traffic).toEqual([]);
  });

  it("is shown as a table, the rules of one target together", () => {
    expect(trafficTable(site.traffic, plain)).toEqual([
      "TO   FROM                              BY           FOR",
      "lb   anywhere                          tcp 80, 443  visitors",
      "lb   lb                                vrrp         peers",
      "web  lb                                tcp 80       pages",
      "all  198.51.100.0/24, 2001:db8::1, lb  tcp 22       administrators",
      "db   web                               tcp 3306     queries",
    ]);
  });

  it("is drawn, with the hosts behind each name", () => {
    expect(trafficGraph(site.traffic)).toEqual([
      "flowchart LR",
      '  n1["anywhere"]',
      '  n2["lb<br/>lb1"]',
      '  n3["web<br/>web1, web2"]',
      '  n4["198.51.100.0/24"]',
      '  n5["2001:db8::1"]',
      '  n6["all<br/>lb1, web1, web2"]',
      '  n7["db"]',
      '  n1 -->|"visitors: tcp 80, 443"| n2',
      '  n2 -->|"pages: tcp 80"| n3',
      '  n4 -->|"administrators: tcp 22"| n6',
      '  n5 -->|"administrators: tcp 22"| n6',
      '  n2 -->|"administrators: tcp 22"| n6',
      '  n2 -->|"peers: vrrp"| n2',
      '  n3 -->|"queries: tcp 3306"| n7',
    ]);
  });
});
