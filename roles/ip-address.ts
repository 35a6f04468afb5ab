/** Addresses for daemons that look up no names, or that could not while a host boots. */
import { isIP, isIPv4 } from "node:net";
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

/** An address, or a name, with a port: an IPv6 address stands in brackets. */
export function withPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether a text is an address, or a network as `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = "", bits = "0", ...more] = text.split("/");
  const isSize = /^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
  return isIP(address) !== 0 && isSize && more.length === 0;
}
