import { existsSync, readdirSync } from "node:fs";
import { capture, exec } from "./exec.ts";
import { closeFirewall, openFirewall } from "./firewall.ts";
import { hasCommand } from "./requirements.ts";
import type { Lab } from "./spec.ts";

/** Makes the bridge and the hosts' way out; what is there already stays. */
export async function raiseNetwork({ bridge, table, gateway, prefix, network }: Lab): Promise<void> {
  if (!hasLink(bridge)) await exec(["ip", "link", "add", bridge, "type", "bridge"]);
  await exec(["ip", "address", "replace", `${gateway}/${prefix}`, "dev", bridge]);
  await exec(["ip", "link", "set", bridge, "up"]);
  // Clamped, because the machine's own way out may carry smaller packets than a bridge does.
  const rules = `
    table ip ${table} {}
    delete table ip ${table}
    table ip ${table} {
      chain forward {
        type filter hook forward priority mangle;
        oifname != "${bridge}" iifname "${bridge}" tcp flags syn tcp option maxseg size set rt mtu
      }
      chain postrouting {
        type nat hook postrouting priority srcnat;
        ip saddr ${network} ip daddr != ${network} masquerade
      }
    }`;
  await exec(["nft", "-f", "-"], { input: rules });
  await openFirewall({ bridge });
}

/** Removes what `raiseNetwork` made. */
export async function dropNetwork({ bridge, table }: Pick<Lab, "bridge" | "table">): Promise<void> {
  if (await hasTable(table)) await exec(["nft", "delete", "table", "ip", table]);
  await closeFirewall({ bridge });
  await removeLink(bridge);
}

/** Removes a network interface, if it is there. */
export async function removeLink(name: string): Promise<void> {
  if (!hasLink(name)) return;
  const { code } = await capture(["ip", "link", "delete", name]);
  // A host's interface also goes by itself once its last process is gone.
  if (code !== 0 && hasLink(name)) await exec(["ip", "link", "delete", name]);
}

/** Whether a host that is on is connected to the bridge. */
export function hasPorts(bridge: string): boolean {
  const ports = `/sys/class/net/${bridge}/brif`;
  return existsSync(ports) && readdirSync(ports).length > 0;
}

export function hasLink(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

async function hasTable(table: string): Promise<boolean> {
  return hasCommand("nft") && (await capture(["nft", "list", "table", "ip", table])).code === 0;
}
