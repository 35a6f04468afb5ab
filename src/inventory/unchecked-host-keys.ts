/** The warning of hosts whose keys are not checked: every run that reaches such hosts gives it. */
import type { Subscriber } from "../core/events/events.ts";
import type { Inventory } from "./inventory.ts";
import type { HostSettings } from "./types.ts";

/** @param warn told when a run begins that has such hosts */
export function warnOfHostKeys(inventory: Inventory, warn: (text: string) => void): Subscriber {
  return (event) => {
    if (event.type !== "run:start") return;
    const unchecked = event.hosts.filter((host) => isUnchecked(inventory.host(host).settings));
    if (unchecked.length > 0)
      warn(`HOST KEYS ARE NOT CHECKED, ANYBODY MAY POSE AS ${unchecked.join(", ")} (hostKeys: "insecure")`);
  };
}

function isUnchecked({ hostKeys, transport = "ssh" }: HostSettings): boolean {
  return (transport === "ssh" || transport === "openssh") && hostKeys === "insecure";
}
