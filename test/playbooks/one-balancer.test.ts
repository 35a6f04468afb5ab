import { describe, expect, it } from "vitest";
import { addressesCanMove } from "../../playbooks/parts/one-balancer.ts";
import { inventory } from "../../src/index.ts";

const site = (lb: readonly string[]) =>
  inventory({
    hosts: Object.fromEntries(lb.map((name) => [name, { address: "10.0.0.11" }])),
    groups: { lb: { hosts: [...lb] } },
  });

describe("addresses that move", () => {
  it("are refused where there is one balancer", () => {
    expect(() => addressesCanMove(["10.0.0.10"], site(["lb1"]))).toThrow(
      "siteAddresses (10.0.0.10) move between balancers, and lb1 is the only one",
    );
  });

  it("may be left out, or have two balancers", () => {
    addressesCanMove([], site(["lb1"]));
    addressesCanMove(["10.0.0.10"], site(["lb1", "lb2"]));
  });
});
