/** Words that several plays of the site have in common: variables, and how an address is written. */
import { isIPv6 } from "node:net";
import { Type, withDefault } from "showrunner";

/** The site's name. */
export const domain = Type.String({ format: "hostname" });
/** The port on which web servers answer the balancers, by TLS. */
export const webPort = withDefault(Type.Integer({ minimum: 1, maximum: 65_535 }), 443);
/** Addresses that move between the balancers: one, or two of which each balancer has one. Default: none. */
export const siteAddresses = withDefault(Type.Array(Type.String({ format: "ipv4" })), []);

/** An address and a port, as a URL and systemd have them. */
export const atPort = (address: string, port: number) =>
  isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
