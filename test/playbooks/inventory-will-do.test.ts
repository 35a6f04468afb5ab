import { expect, it } from "vitest";
import { requireOwnAddress } from "../../playbooks/parts/inventory-will-do.ts";
import { inventory } from "../../src/inventory/index.ts";

const site = inventory({
  hosts: { web1: { address: "192.0.2.1" }, web2: { address: "192.0.2.1", port: 2222 }, db1: {} },
});

it("refuses two hosts of one address, and names both", () => {
  expect(() => requireOwnAddress(site.host("web1"), site)).toThrow(
    "web1 has the address 192.0.2.1, and so has web2",
  );
  expect(() => requireOwnAddress(site.host("db1"), site)).not.toThrow();
});
