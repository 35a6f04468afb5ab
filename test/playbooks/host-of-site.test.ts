import { expect, it } from "vitest";
import { hostOfSite } from "../../playbooks/parts/hosts.ts";
import { inventory } from "../../src/index.ts";

it("a host that the inventory does not have is refused with the nearest name and all names", () => {
  const site = inventory({ hosts: { web1: { address: "10.0.0.1" } }, groups: { web: { hosts: ["web1"] } } });
  const asked = () => hostOfSite(site, "wbe1");
  expect(asked).toThrow('there is no host "wbe1" (did you mean "web1"?)');
  expect(asked).toThrow(expect.objectContaining({ hint: "-e host=NAME takes one of: web1" }));
});
