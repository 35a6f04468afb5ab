/** The ready-made table of a host's own firewall. */
import { fail } from "../../kit/index.ts";
import type { NftTable } from "./nft-params.ts";
import { mistakeInRule, type NftRule } from "./nft-rule.ts";

/** What `firewallTable` takes: the rules of each direction, beside those that every host needs. */
export interface Firewall {
  /** What may reach the host. */
  readonly input: readonly NftRule[];
  /** What may pass through the host. Left out: nothing but what belongs to a connection that may. */
  readonly forward?: readonly NftRule[];
  /** What the host may reach. Left out: everything. */
  readonly output?: readonly NftRule[];
  /** Sets that rules name with "@". */
  readonly sets?: NftTable["sets"];
}

const ours: readonly NftRule[] = [
  { state: "invalid", verdict: "drop" },
  { state: ["established", "related"] },
];

/** Errors that a connection needs to know of, and whether a host is there: nobody is safer without them. */
const messages: readonly NftRule[] = [
  { icmp: ["echo-request", "destination-unreachable", "time-exceeded", "parameter-problem"] },
  {
    icmpv6: [
      "echo-request",
      "destination-unreachable",
      "packet-too-big",
      "time-exceeded",
      "parameter-problem",
    ],
  },
];

/** Without them a host with IPv6 finds no neighbour and no router. They never come from beyond a router. */
const neighbours: readonly NftRule[] = [
  {
    icmpv6: [
      "nd-neighbor-solicit",
      "nd-neighbor-advert",
      "nd-router-advert",
      "nd-router-solicit",
      "mld-listener-query",
    ],
    comment: "neighbour discovery",
  },
];

/**
 * A table that drops what no rule lets in or through. What every host needs is in it: connections that are there, the
 * host's own traffic, ICMP, ICMPv6 with neighbour discovery, and DHCPv6.
 *
 * @param rules the rules of this host: a rule applies to IPv4 and IPv6 alike, and accepts what it names, unless it has
 *   another `verdict`
 * @returns the table `inet firewall`, for `nftables`
 * @throws ShowrunnerError where a rule is none, with its place among yours
 *
 * @example
 * const table = firewallTable({
 *   input: [
 *     { tcp: 22, from: "10.0.0.0/24", comment: "management" },
 *     { tcp: [80, 443] },
 *     { tcp: 9100, from: inventory.group("monitoring").map(({ address }) => address) },
 *     "udp dport 5353 ip daddr 224.0.0.251 accept",
 *   ],
 * });
 * await nftables({ tables: [table] });
 */
export function firewallTable({ input, forward = [], output, sets }: Firewall): NftTable {
  for (const [chain, rules] of Object.entries({ input, forward, output })) checkRules(chain, rules ?? []);
  const filter = { type: "filter", policy: "drop" } as const;
  return {
    name: "firewall",
    ...(sets ? { sets } : {}),
    chains: {
      input: {
        ...filter,
        hook: "input",
        rules: [
          ...ours,
          { in: "lo" },
          ...messages,
          ...neighbours,
          { udp: 546, from: "fe80::/10", to: "fe80::/10", comment: "DHCPv6" },
          ...input,
        ],
      },
      forward: { ...filter, hook: "forward", rules: [...ours, ...forward] },
      ...(output
        ? {
            output: {
              ...filter,
              hook: "output",
              rules: [...ours, { out: "lo" }, ...messages, ...neighbours, ...output],
            },
          }
        : {}),
    },
  };
}

/** Here, and not only with the whole table: the places of rules are those that the user has written. */
function checkRules(chain: string, rules: readonly NftRule[]): void {
  for (const [index, rule] of rules.entries()) {
    const mistake = mistakeInRule(rule);
    if (mistake) fail(`firewallTable: ${chain}[${index}]: ${mistake.message}`, mistake.hint);
  }
}
