/** Who talks to whom in an inventory: firewalls are made of it, and drawings. */
import { isIP, isIPv4 } from "node:net";
import { type Location, ShowrunnerError } from "../base/errors.ts";
import type { HostInfo, Traffic } from "../base/host.ts";
import { oneOf, oneOrMore, type as optionType, text } from "../base/option-types.ts";
import type { OptionTypes } from "../base/options.ts";
import { invalid } from "./invalid.ts";

/** A rule as a user writes it. */
export interface TrafficRule {
  /** What it is good for, in a few words, of at most 127 bytes and without `"`: `the site's visitors`. */
  readonly what: string;
  /** Who begins: `anywhere`, an address or a network (`192.0.2.0/24`), or a host pattern; or a list of these. */
  readonly from: string | readonly string[];
  /** Who is reached: a host pattern. A host is never kept from itself. */
  readonly to: string;
  /** On which ports. Left out: for `vrrp`, which has none. */
  readonly ports?: number | readonly number[] | undefined;
  /** By default `tcp`. `vrrp` is what keepalived speaks. */
  readonly protocol?: "tcp" | "udp" | "vrrp" | undefined;
}

/** A rule, and where it was written. */
export interface TrafficModel {
  readonly rule: TrafficRule;
  readonly location: Location | undefined;
}

const port = optionType(
  "a port from 1 to 65535",
  (value) => typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535,
);

export const trafficTypes: OptionTypes<TrafficRule> = {
  // it becomes the comment of a firewall's rule, in quotes
  what: optionType(
    'a text in one line, of at most 127 bytes and without "',
    (value) => typeof value === "string" && /^[^\0\n\r"]+$/.test(value) && Buffer.byteLength(value) <= 127,
  ),
  from: oneOrMore(text),
  to: text,
  ports: oneOrMore(port),
  protocol: oneOf(["tcp", "udp", "vrrp"]),
};

/** @throws ShowrunnerError "inventory.invalid" for a rule that is not whole */
export function wholeRule(
  { what, from, to, ports, protocol = "tcp" }: Partial<TrafficRule>,
  subject: string,
  location: Location | undefined,
): TrafficRule {
  if (what === undefined || from === undefined || to === undefined)
    throw invalid(`${subject}: expected \`what\`, \`from\` and \`to\``, location);
  const hasPorts = ports !== undefined && [ports].flat().length > 0;
  if (protocol === "vrrp" && hasPorts)
    throw invalid(`${subject}: vrrp has no ports, got some`, location, "Leave `ports` out.");
  if (protocol !== "vrrp" && !hasPorts)
    throw invalid(`${subject}: expected the ports that are reached by ${protocol}, got none`, location);
  return { what, from, to, ports, protocol };
}

/**
 * A rule with its hosts.
 *
 * @param select the hosts of a pattern, which may be none
 * @throws ShowrunnerError "inventory.invalid" for a name that the inventory has not
 */
export function resolveTraffic(
  { rule, location }: TrafficModel,
  select: (pattern: string) => readonly HostInfo[],
): Traffic {
  const { what, from, to, ports = [], protocol = "tcp" } = rule;
  const subject = `traffic "${what}"`;
  const hostsOf = (pattern: string, key: string) => {
    try {
      return select(pattern);
    } catch (error) {
      if (!(error instanceof ShowrunnerError)) throw error;
      throw invalid(`${subject}, ${key}: ${error.message}`, location, error.hint);
    }
  };
  const words = [from].flat();
  const networks = words.filter(isNetwork);
  const patterns = words.filter((word) => word !== anywhere && !isNetwork(word));
  return {
    what,
    protocol,
    ports: [...new Set([ports].flat())].sort((a, b) => a - b),
    from: words,
    to,
    isOpen: words.includes(anywhere),
    networks,
    sources: [...new Set(patterns.flatMap((pattern) => hostsOf(pattern, "from")))],
    targets: hostsOf(to, "to"),
  };
}

const anywhere = "anywhere";

/** An address, or a network as `address/bits`. */
function isNetwork(word: string): boolean {
  const [address = "", bits, ...more] = word.split("/");
  if (isIP(address) === 0 || more.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
}
