/** Takes a host out of the site for good (`-e host=web3`): then it leaves the inventory. */
import {
  debug,
  fail,
  file,
  type HostInfo,
  type InventoryView,
  mysqlUser,
  on,
  play,
  playbook,
  service,
  Type,
  withDefault,
} from "showrunner";
import { appPaths } from "../roles/app/paths.ts";
import { guestBook } from "./parts/application.ts";
import { type Duty, has, hostOfSite, members, primary } from "./parts/hosts.ts";
import { requireStandIn, takeOut } from "./parts/out-of-service.ts";

const vars = {
  host: Type.String({ minLength: 1 }),
  /** What becomes of a replica's databases. */
  data: withDefault(Type.Union([Type.Literal("keep"), Type.Literal("delete")]), "keep"),
};

export default playbook([
  play(
    "decommission",
    { hosts: "localhost", become: true, vars },
    {
      "out of service": async ({ vars, inventory }) => {
        const host = hostOfSite(inventory, vars.host);
        requireStandIn(host, inventory);
        if (host.groups.includes("ca"))
          fail(
            `${host.name} is the authority that signs the site's certificates`,
            "put another host into the group ca, and run `site`, which signs all of them anew",
          );
        await takeOut(host, inventory, "decommission");
      },
      "services end": async ({ vars, inventory }) => {
        const host = inventory.host(vars.host);
        await on(host, () => end(host, vars.data === "delete"));
      },
      "accounts go": ({ vars, inventory }) => dropAccounts(inventory.host(vars.host), inventory),
      "what is left to do": ({ vars, inventory }) =>
        debug({ message: nextSteps(inventory.host(vars.host), inventory) }),
    },
  ),
]);

/** Stops what the host did for the site, for good, and removes the passwords that it did it with. */
async function end(host: HostInfo, deleteData: boolean): Promise<void> {
  const { name } = guestBook(host);
  const services: Record<Duty, readonly string[]> = {
    lb: ["keepalived", "haproxy"],
    web: ["nginx"],
    app: [`${name}.socket`, name],
    db_replica: ["mariadb"],
    db_primary: [],
  };
  for (const duty of ["lb", "web", "app", "db_replica"] as const)
    if (has(host, duty))
      for (const one of services[duty]) await service({ name: one, state: "stopped", enabled: false });
  if (has(host, "app")) await file({ path: appPaths(name).environment, state: "absent" });
  if (has(host, "db_replica") && deleteData) await file({ path: "/var/lib/mysql", state: "absent" });
}

/** The accounts of the host's address: nobody else is to come by them once the address is another host's. */
async function dropAccounts(host: HostInfo, inventory: InventoryView): Promise<void> {
  const users = { app: "site", db_replica: "replication" } as const;
  await on(primary(inventory), async () => {
    for (const duty of ["app", "db_replica"] as const) {
      const shared = members(inventory, duty).some(
        ({ name, address }) => name !== host.name && address === host.address,
      );
      if (has(host, duty) && !shared)
        await mysqlUser({ name: users[duty], host: host.address, state: "absent" });
    }
  });
}

function nextSteps(host: HostInfo, inventory: InventoryView): string {
  const { name } = host;
  const groups = host.groups.filter((group) => group !== "all");
  const isLastPair = has(host, "lb") && members(inventory, "lb").length === 2;
  return [
    `${name} does nothing for the site any more. What is left to do:`,
    `- Remove ${name} from the inventory: from \`hosts\`, and from \`groups\` (${groups.join(", ")}).`,
    ...(isLastPair
      ? ["- One balancer alone can't share an address: put another host into lb, or remove `siteAddresses`."]
      : []),
    "- npx run playbook site: the other hosts forget it, in pools, firewalls and names.",
    `- Switch ${name} off, or wipe it: it still has its packages, certificates and logs.`,
  ].join("\n");
}
