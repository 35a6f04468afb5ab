/** Which address prefers which host, and what is refused before any host is touched. */
import { describe, expect, it } from "vitest";
import { instancesOf, isOfNetwork } from "../../roles/keepalived/instances.ts";

const hosts = ["lb1", "lb2", "web1"].map((name, index) => ({ name, address: `10.0.0.${11 + index}` }));
const nodes = hosts.slice(0, 2);
const [lb1 = { name: "", address: "" }, lb2 = lb1, web1 = lb1] = hosts;

type Wanted = Parameters<typeof instancesOf>[0];

const at = (host: typeof lb1, wanted: Wanted, among = nodes) =>
  instancesOf(wanted, { host, nodes: among, hosts });
const priorities = (wanted: Wanted) =>
  [lb1, lb2].map((host) => at(host, wanted).map(({ priority }) => priority));

describe("an address", () => {
  it("prefers the first host; a second address prefers the second host", () => {
    expect(priorities([{ address: "10.0.0.100" }])).toEqual([[200], [190]]);
    expect(priorities([{ address: "10.0.0.100" }, { address: "10.0.0.101" }])).toEqual([
      [200, 190],
      [190, 200],
    ]);
  });

  it("is preferred by one host", () => {
    const preferred = [lb1, lb2].map((host) =>
      at(host, [{ address: "10.0.0.100" }, { address: "10.0.0.101", priorities: { lb1: 2, lb2: 1 } }]).map(
        ({ isPreferred }) => isPreferred,
      ),
    );
    expect(preferred).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it("goes by the priorities that are given", () => {
    expect(priorities([{ address: "10.0.0.100", priorities: { lb1: 90, lb2: 150 } }])).toEqual([[90], [150]]);
  });

  it("has its last number as router id, or the one that is given", () => {
    const ids = at(lb1, [{ address: "10.0.0.100" }, { address: "10.0.0.101", routerId: 7 }]);
    expect(ids.map(({ routerId }) => routerId)).toEqual([100, 7]);
    expect(at(lb1, [{ address: "10.0.1.0" }])[0]?.routerId).toBe(255);
  });
});

describe("is told before anything is changed:", () => {
  const one = "10.0.0.100";
  it.each<[string, Wanted, RegExp]>([
    ["no address", [{ address: "10.0.0.300" }], /"10\.0\.0\.300" is no IPv4 address/],
    ["a prefix length", [{ address: "10.0.0.100/24" }], /"10\.0\.0\.100\/24" is no IPv4 address/],
    ["IPv6", [{ address: "fd00::1" }], /"fd00::1" is no IPv4 address/],
    ["a host's own", [{ address: "10.0.0.13" }], /10\.0\.0\.13 is the address of web1 itself/],
    ["the same twice", [{ address: one }, { address: one, routerId: 3 }], /10\.0\.0\.100 is given twice/],
    ["one router id", [{ address: one }, { address: "10.0.1.100" }], /two have the router id 100/],
    [
      "the same priority",
      [{ address: one, priorities: { lb1: 100, lb2: 100 } }],
      /lb1 and lb2 both have 100/,
    ],
    ["no priority", [{ address: one, priorities: { lb1: 100 } }], /lb2 has none/],
    [
      "a stranger's priority",
      [{ address: one, priorities: { lb1: 1, lb2: 2, lb3: 3 } }],
      /lb3 is not among the nodes/,
    ],
  ])("%s", (_, wanted, message) => {
    expect(() => at(lb1, wanted)).toThrow(message);
    expect(() => at(lb2, wanted)).toThrow(message);
  });

  it("a pattern that names too few hosts, or hosts without an address", () => {
    expect(() => at(lb1, [{ address: one }], [lb1])).toThrow(/nodes: it names lb1 alone/);
    expect(() => at(web1, [{ address: one }])).toThrow(/nodes: it names lb1, lb2, and not web1/);
    expect(() => at(lb1, [{ address: one }], [lb1, { name: "lb2", address: "lb2.example.org" }])).toThrow(
      /the address of lb2 in the inventory is "lb2\.example\.org"/,
    );
  });
});

describe("an address is of a network", () => {
  it.each([
    ["10.0.0.100", "10.0.0.11/24", true],
    ["10.0.1.100", "10.0.0.11/24", false],
    ["10.0.0.255", "10.0.0.11/24", false],
    ["10.0.0.0", "10.0.0.11/24", false],
    ["10.0.1.0", "10.0.0.11/23", true],
    ["10.0.0.10", "10.0.0.11/31", true],
    ["10.0.0.11", "10.0.0.11/32", false],
    ["10.0.0.11", "nonsense", false],
  ])("%s of %s: %s", (address, network, is) => {
    expect(isOfNetwork(address, network)).toBe(is);
  });
});
