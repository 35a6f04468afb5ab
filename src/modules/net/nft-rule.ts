/** A rule of nftables as a typed value. */
import { isIP } from "node:net";
import type { Mistake } from "../../kit/index.ts";

/** One, or several of which any will do. */
type OneOrMore<T> = T | readonly T[];

/** What a rule applies to, and what becomes of that. Of tcp, udp, icmp, icmpv6 and protocol, each that is given will do. */
export interface NftMatch {
  /** The ports of TCP that packets go to: 22, [80, 443], "8000-8100", "@ports". */
  readonly tcp?: OneOrMore<number | string> | undefined;
  /** The same of UDP. */
  readonly udp?: OneOrMore<number | string> | undefined;
  /** Types of ICMP: "echo-request". */
  readonly icmp?: OneOrMore<string> | undefined;
  /** Types of ICMPv6: "nd-neighbor-solicit". */
  readonly icmpv6?: OneOrMore<string> | undefined;
  /** Another protocol on IP: "vrrp", "esp". */
  readonly protocol?: OneOrMore<string> | undefined;
  /** Where packets come from: addresses and networks, of IPv4 and IPv6, or "@name" of a set. An empty list: from nowhere. */
  readonly from?: OneOrMore<string> | undefined;
  /** Where they go. */
  readonly to?: OneOrMore<string> | undefined;
  /** The interface that they come in by: "eth0", "wg*". */
  readonly in?: OneOrMore<string> | undefined;
  /** The interface that they go out by. */
  readonly out?: OneOrMore<string> | undefined;
  /** The state of their connection: "new", ["established", "related"]. */
  readonly state?: OneOrMore<string> | undefined;
  /** How often the rule applies at most: "10/second". */
  readonly limit?: string | undefined;
  /** What the line of such a packet in the kernel's log begins with. */
  readonly log?: string | undefined;
  /** Whether packets are counted. Left out: they are not. */
  readonly counter?: boolean | undefined;
  /** What becomes of them: "accept", "drop", "reject", "jump web". Left out: "accept". */
  readonly verdict?: string | undefined;
  /** What the rule is for. */
  readonly comment?: string | undefined;
}

/** A rule of `nftables`: what it applies to and what becomes of that, or a line in nft's own words. */
export type NftRule = string | NftMatch;

/** What a part of a rule may be. */
interface Part {
  readonly expected: string;
  readonly hint?: string;
  readonly isOne: (value: unknown) => boolean;
  /** Whether there may be a list of them. */
  readonly isList?: true;
}

const matching = (pattern: RegExp) => (value: unknown) => typeof value === "string" && pattern.test(value);
const isLine = matching(/^[^\0\n\r]+$/);
const isUnquoted = matching(/^[^\0\n\r"]+$/);
/** What nft takes in quotes: it counts bytes. */
const isQuotable = (value: unknown) => isUnquoted(value) && Buffer.byteLength(String(value)) <= 127;
const isWord = matching(/^[A-Za-z_][A-Za-z0-9_.-]*$/);

const ports: Part = {
  expected: 'a port such as 22, "8000-8100" or "@ports"',
  isOne: (value) =>
    typeof value === "number"
      ? isPort(value)
      : matching(/^(@[A-Za-z_][A-Za-z0-9_.-]*|[a-z][a-z0-9-]*)$/)(value) || isPortRange(value),
  isList: true,
};
const words = (example: string): Part => ({
  expected: `a word such as "${example}"`,
  isOne: isWord,
  isList: true,
});
const addresses: Part = {
  expected: 'an address such as "10.0.0.7", a network such as "10.0.0.0/24" or a set such as "@office"',
  hint: "a firewall knows no names: give the host an IP address in the inventory",
  isOne: (value) =>
    typeof value === "string" && (/^@[A-Za-z_][\w.-]*$/.test(value) || familyOf(value) !== undefined),
  isList: true,
};
const devices: Part = { expected: 'an interface such as "eth0"', isOne: isQuotable, isList: true };
const text: Part = {
  expected: "a text of one line, of at most 127 bytes and without quotes",
  isOne: isQuotable,
};

const parts: Readonly<Record<keyof NftMatch, Part>> = {
  tcp: ports,
  udp: ports,
  icmp: words("echo-request"),
  icmpv6: words("nd-neighbor-solicit"),
  protocol: words("vrrp"),
  from: addresses,
  to: addresses,
  in: devices,
  out: devices,
  state: words("established"),
  limit: {
    expected: 'a rate such as "10/second"',
    isOne: matching(/^(over )?\d+\/(second|minute|hour|day)( burst \d+ packets)?$/),
  },
  log: text,
  counter: { expected: "true or false", isOne: (value) => typeof value === "boolean" },
  verdict: { expected: 'a verdict such as "accept", "drop" or "jump web"', isOne: isLine },
  comment: text,
};

function isPart(name: string): name is keyof NftMatch {
  return Object.hasOwn(parts, name);
}

/** What keeps a value from being a rule, if anything does. */
export function mistakeInRule(rule: unknown): Mistake | undefined {
  if (isLine(rule)) return undefined;
  if (typeof rule !== "object" || rule === null || Array.isArray(rule))
    return { message: `expected a rule such as { tcp: 22 }, or a line of nft's, got ${shown(rule)}` };
  for (const [name, value] of Object.entries(rule)) {
    if (!isPart(name))
      return { message: `a rule has no "${name}"`, hint: `it may have ${Object.keys(parts).join(", ")}` };
    const { expected, hint, isOne, isList } = parts[name];
    const all: readonly unknown[] = isList && Array.isArray(value) ? value : [value];
    const wrong = all.find((one) => one !== undefined && !isOne(one));
    if (wrong !== undefined) return { message: `${name}: expected ${expected}, got ${shown(wrong)}`, hint };
    // no address at all is nobody; no port at all is a mistake
    if (all.length === 0 && parts[name] !== addresses)
      return { message: `${name}: expected ${expected}, got an empty list`, hint: "leave it out" };
  }
  return undefined;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : (JSON.stringify(value) ?? `a ${typeof value}`);
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65_535;
}

function isPortRange(value: unknown): boolean {
  if (typeof value !== "string" || !/^\d{1,5}(-\d{1,5})?$/.test(value)) return false;
  const [first = 0, last = first] = value.split("-").map(Number);
  return isPort(first) && isPort(last) && first <= last;
}

/** 4 or 6, of an address, a network or a range; undefined where it is none. */
export function familyOf(value: string): 4 | 6 | undefined {
  const [first = "", last, ...more] = value.split("-");
  const [address = "", size, ...further] = first.split("/");
  const family = isIP(address);
  if (family !== 4 && family !== 6) return undefined;
  const isNetwork =
    size === undefined || (/^\d{1,3}$/.test(size) && Number(size) <= (family === 4 ? 32 : 128));
  const isRange = last === undefined || (size === undefined && isIP(last) === family);
  return isNetwork && isRange && more.length + further.length === 0 ? family : undefined;
}
