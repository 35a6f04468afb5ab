/** Addresses for daemons that look up no names, or that could not while a host boots. */
import { isIP } from "node:net";
import { fail, type HostInfo } from "showrunner";

/**
 * The IP address that a host has in the inventory.
 *
 * @param where what needs it, for the message: `monitoring`
 * @throws ShowrunnerError `task.failed` for a host that is known by a name alone
 */
export function ipAddressOf({ name, address }: Pick<HostInfo, "name" | "address">, where: string): string {
  if (isIP(address) !== 0) return address;
  return fail(
    `${where}: expected an IP address of ${name}, got ${address}`,
    `names are not looked up there: give the host its address in the inventory: ${JSON.stringify(name)}: { address: "192.0.2.1" }`,
  );
}
