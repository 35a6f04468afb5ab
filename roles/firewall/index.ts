import {
  apt,
  defineRole,
  fail,
  firewallTable,
  nftables,
  type OptionalInput,
  type RequiredInput,
  type Role,
} from "showrunner";
import { rulesFor } from "./rules.ts";

const variables = {};

/** What `firewall` takes. */
export interface FirewallVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Lets through what the inventory's `traffic` names, and nothing else. */
export const firewall: Role<FirewallVars, void> = defineRole({
  name: "firewall",
  summary: "A firewall that lets through what the inventory's traffic names, over IPv4 and IPv6.",
  vars: variables,
  async run({ host, inventory }) {
    if (inventory.traffic.length === 0)
      fail(
        "the inventory does not say who may talk to whom: nobody could reach this host any more",
        'give it `traffic`: [{ what: "administrators", from: "192.0.2.0/24", to: "all", ports: 22 }, …]',
      );
    const tables = [firewallTable({ input: rulesFor(host.name, inventory.traffic) })];
    await apt({ name: "nftables" });
    await nftables({ tables });
  },
});
