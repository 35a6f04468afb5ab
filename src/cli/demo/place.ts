/** Where the demo's site is reached. */
import type { Inventory } from "../../inventory/index.ts";
import type { LabSpec } from "../../lab/index.ts";
import type { Place } from "./visitor.ts";

/** The address that moves between the balancers, or that of the only one. */
export function siteAddress(inventory: Inventory): string {
  const [balancer] = inventory.group("lb");
  const [moving] = [balancer?.vars["siteAddresses"]].flat();
  return String(moving ?? balancer?.address);
}

/** Where the playbook keeps the certificate of the site's authority, on the hosts that trust it. */
const authorityFile = "/usr/local/share/ca-certificates/site.crt";

/** The site that has been deployed. */
export async function placeOf(inventory: Inventory, spec: LabSpec): Promise<Place> {
  const { run } = await import("../../lab/index.ts");
  const ca = await run(spec, inventory.group("lb")[0]?.name ?? "", ["cat", authorityFile]);
  return { url: `https://${siteAddress(inventory)}/`, ca };
}
