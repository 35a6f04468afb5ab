/** Variables that several plays of the site take. */
import { Type, withDefault } from "showrunner";

export const webPort = withDefault(Type.Integer({ minimum: 1, maximum: 65_535 }), 80);
/** Addresses that move between the balancers: one, or two of which each balancer has one. Default: none. */
export const siteAddresses = withDefault(Type.Array(Type.String({ format: "ipv4" })), []);
