import { describe, expect, it } from "vitest";
import { rulesFor } from "../../roles/firewall/rules.ts";
import { inventory } from "../../src/index.ts";

const site = inventory({
  hosts: {
    lb1: { address: "192.0.2.11" },
    lb2: { address: "2001:db8::12" },
    web1: { address: "192.0.2.21" },
    named: { address: "named.example" },
  },
  groups: { lb: { hosts: ["lb1", "lb2"] }, web: { hosts: ["web1"] }, none: {} },
  traffic: [
    { what: "administrators", from: ["198.51.100.0/24", "2001:db8:1::/48"], to: "all", ports: 22 },
    { what: "visitors", from: "anywhere", to: "lb", ports: [80, 443] },
    { what: "peers", from: "lb", to: "lb", protocol: "vrrp" },
    { what: "pages", from: "lb", to: "web", ports: 80 },
    { what: "names", from: "web", to: "web", protocol: "udp", ports: 53 },
    { what: "figures", from: "none", to: "web", ports: 9100 },
  ],
});
const rules = (name: string) => rulesFor(name, site.traffic);
const administrators = {
  tcp: [22],
  from: ["198.51.100.0/24", "2001:db8:1::/48"],
  comment: "administrators",
};

describe("a host's firewall", () => {
  it("lets through what the inventory names for the host, from the addresses of its hosts", () => {
    expect(rules("lb1")).toEqual([
      administrators,
      { tcp: [80, 443], comment: "visitors" },
      { protocol: "vrrp", from: ["2001:db8::12"], comment: "peers" },
    ]);
    expect(rules("web1")).toEqual([
      administrators,
      { tcp: [80], from: ["192.0.2.11", "2001:db8::12"], comment: "pages" },
    ]);
  });

  it("has no rule for what nobody but the host itself begins", () => {
    expect(rules("web1").map((rule) => typeof rule === "object" && rule.comment)).not.toContain("names");
    expect(rules("web1").map((rule) => typeof rule === "object" && rule.comment)).not.toContain("figures");
  });

  it("refuses a host that is known by its name alone", () => {
    const named = inventory({
      hosts: { web1: { address: "192.0.2.21" }, named: { address: "named.example" } },
      traffic: [{ what: "pages", from: "named", to: "web1", ports: 80 }],
    });
    expect(() => rulesFor("web1", named.traffic)).toThrow(
      'traffic "pages": expected an IP address of named, got named.example',
    );
  });
});
