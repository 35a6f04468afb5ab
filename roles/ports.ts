/** Who keeps a daemon from listening. */
import { isIPv4, isIPv6, SocketAddress } from "node:net";
import type { Listener } from "showrunner";

/**
 * Who listens where a daemon is to listen, so that it could not.
 *
 * @param listeners who listens on the port; undefined where nobody can tell
 * @param process the daemon's own name: it is not in its own way
 * @param address where it is to listen, as `ss` writes it: `0.0.0.0` for all of IPv4, `::` for all of IPv6 alone, `*` for
 *   both by one socket
 */
export function whoIsInTheWay(
  listeners: readonly Listener[] | undefined,
  process: string,
  address: string,
): Listener | undefined {
  return listeners?.find((one) => one.process !== process && overlap(one.address, address));
}

/** Whether two sockets can't listen on one port, at addresses as `ss` writes them. */
export function overlap(one: string, other: string): boolean {
  const [first, second] = [placeOf(one), placeOf(other)];
  const shared = first.families.some((family) => second.families.includes(family));
  return shared && (first.isAll || second.isAll || first.address === second.address);
}

interface ListeningPlace {
  readonly families: readonly ("ipv4" | "ipv6")[];
  readonly address: string;
  readonly isAll: boolean;
}

function placeOf(written: string): ListeningPlace {
  // `127.0.0.53%lo` is bound to a device: whoever listens on every device meets it all the same
  const [bare = ""] = written.split("%");
  if (bare === "*") return { families: ["ipv4", "ipv6"], address: bare, isAll: true };
  // a socket of IPv6 that listens at an address of IPv4, as Java's do
  const address = bare.replace(/^::ffff:(?=[\d.]+$)/i, "");
  if (isIPv4(address)) return { families: ["ipv4"], address, isAll: address === "0.0.0.0" };
  // what a host writes there that is no address meets only itself
  const plain = isIPv6(address) ? new SocketAddress({ address, family: "ipv6" }).address : address;
  return { families: ["ipv6"], address: plain, isAll: plain === "::" };
}
