import { capture, exec } from "./exec.ts";
import { hasCommand } from "./requirements.ts";
import type { Lab } from "./spec.ts";

/** To the machine (packages come from a cache on it), and through it both ways. */
const paths = [
  { chain: "INPUT", direction: "-i" },
  { chain: "FORWARD", direction: "-i" },
  { chain: "FORWARD", direction: "-o" },
] as const;

/**
 * Lets the lab through a firewall that drops what it doesn't know, as Docker and ufw set one up. A table
 * of our own can't: a packet that one table drops is dropped, whatever another accepts.
 */
export async function openFirewall({ bridge }: Pick<Lab, "bridge">): Promise<void> {
  if (!hasCommand("iptables")) return;
  for (const { chain, direction } of paths) {
    const { stdout } = await capture(["iptables", "-S", chain]);
    const rule = [chain, direction, bridge, "-j", "ACCEPT"];
    if (!stdout.includes(`-P ${chain} DROP`) || (await capture(["iptables", "-C", ...rule])).code === 0)
      continue;
    await exec(["iptables", "-I", ...rule]);
  }
}

/** Removes the rules that `openFirewall` made. */
export async function closeFirewall({ bridge }: Pick<Lab, "bridge">): Promise<void> {
  if (!hasCommand("iptables")) return;
  for (const { chain, direction } of paths) {
    while ((await capture(["iptables", "-D", chain, direction, bridge, "-j", "ACCEPT"])).code === 0);
  }
}
