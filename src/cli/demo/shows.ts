/** What the demo shows of the site once it stands. */
import { ShowrunnerError } from "../../base/errors.ts";
import type { Inventory } from "../../inventory/index.ts";
import type { LabSpec } from "../../lab/index.ts";
import type { Style } from "../../report/index.ts";
import { trafficTable } from "../firewall-views.ts";
import { indented, table } from "../text.ts";
import { watchGap } from "./failover.ts";
import { siteAddress } from "./place.ts";
import { tryPort } from "./tried.ts";
import type { Place } from "./visitor.ts";

type Print = (text: string) => void;

/** Who may talk to whom, and what comes of it from this machine. */
export async function showFirewall(inventory: Inventory, style: Style, print: Print): Promise<void> {
  print(indented(trafficTable(inventory.traffic, style)).join("\n"));
  const tries = [
    { group: "lb", port: 443 },
    { group: "web", port: 22 },
    { group: "web", port: 443 },
    { group: "app", port: 8000 },
    { group: "db", port: 3306 },
  ];
  const rows = await Promise.all(
    tries.map(async ({ group, port }) => {
      const [host] = inventory.group(group);
      if (!host) return [];
      return [`${host.name} port ${port}`, await tryPort(host.address, port)];
    }),
  );
  print(`Tried from this machine:\n${indented(table(rows)).join("\n")}`);
}

/** Takes the power from the balancer that has the site's address, says how long the site was away, and gives it back. */
export async function showFailover(
  inventory: Inventory,
  spec: LabSpec,
  place: Place,
  print: Print,
): Promise<void> {
  const { start, stop } = await import("../../lab/index.ts");
  const address = siteAddress(inventory);
  const holder = await holderOf(inventory, spec, address);
  print(`${holder} has ${address}. It loses its power now, while the site is asked 20 times a second.`);
  const gap = await watchGap(
    place,
    () => stop(spec, holder, { sudden: true }),
    (isAway, seconds) =>
      print(`${seconds.toFixed(1).padStart(5)} s  ${isAway ? "nobody answers" : "the site answers again"}`),
  );
  const heir = await holderOf(inventory, spec, address);
  print(
    `${heir} has the address now. The site was away for ${gap.seconds.toFixed(1)} s: ${gap.failed} of ${gap.asked} requests failed.`,
  );
  await start(spec, holder);
  print(`${holder} is on again, and stands by: the address stays at ${heir}, so there is no second gap.`);
}

async function holderOf(inventory: Inventory, spec: LabSpec, address: string): Promise<string> {
  const { run } = await import("../../lab/index.ts");
  for (const { name } of inventory.group("lb")) {
    // one that is off has no address
    const shown = await run(spec, name, ["ip", "-o", "-4", "address"]).catch(() => "");
    if (shown.includes(` ${address}/`)) return name;
  }
  throw new ShowrunnerError("internal", `no balancer has ${address}`);
}
