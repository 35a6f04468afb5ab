/** Variables that several plays of the site take. */
import { Type, withDefault } from "showrunner";

/** The site's name. */
export const domain = Type.String({ format: "hostname" });
/** The port on which web servers answer the balancers, by TLS. */
export const webPort = withDefault(Type.Integer({ minimum: 1, maximum: 65_535 }), 443);
/** Addresses that move between the balancers: one, or two of which each balancer has one. Default: none. */
export const siteAddresses = withDefault(Type.Array(Type.String({ format: "ipv4" })), []);
