/** The lab that an inventory describes. */
import { join } from "node:path";
import { ShowrunnerError } from "../base/errors.ts";
import type { LabSpec } from "../lab/index.ts";
import type { LoadedInventory } from "./inventories.ts";

/**
 * @returns the lab's spec: hosts, addresses and user as in the inventory, its files in the project's folder
 * @throws ShowrunnerError `usage` for an inventory that says nothing of a lab: its hosts may be real ones
 */
export function labSpec({ inventory, name, names, shown, root }: LoadedInventory): LabSpec {
  if (names.length > 1)
    throw new ShowrunnerError(
      "usage",
      `a lab is what one inventory describes, and not ${names.length}: ${shown}`,
      {
        hint: "name it alone: -i FILE",
      },
    );
  const { network, suite } = inventory.lab;
  if (suite === undefined || network === undefined)
    throw new ShowrunnerError("usage", `${shown} describes no lab`, {
      location: inventory.location,
      hint: `an inventory for a lab says that its hosts may be made and thrown away: lab: { network: "10.77.0.0/24", suite: "bookworm" }, and where the lab's key lies: settings: { user: "deploy", identityFile: ".showrunner/lab/${name}/id_ed25519", knownHosts: ".showrunner/lab/${name}/known_hosts" }`,
    });
  const hosts = [...inventory.hosts.values()];
  const users = [...new Set(hosts.map(({ user }) => user))];
  const [user] = users;
  if (user === undefined || users.length > 1)
    throw new ShowrunnerError("usage", `${shown}: a lab's hosts all have the same user`, {
      hint: 'name it in the inventory\'s settings: settings: { user: "deploy" }',
    });
  return {
    name,
    network,
    suite,
    user,
    hosts: hosts.map(({ name: host, address }) => ({ name: host, address })),
    stateDir: join(root, ".showrunner", "lab", name),
  };
}
