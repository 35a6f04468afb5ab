import { nftTable, nftTables, nftUnderstood } from "../../src/facts/nftables.ts";
import { pendingRollback } from "../../src/kit/index.ts";
import { firewallTable, nftables } from "../../src/modules/index.ts";
import { tableText } from "../../src/modules/net/nft-text.ts";
import { cases } from "../../src/testing/index.ts";

const path = "/etc/nftables.conf";
const table = firewallTable({ input: [{ tcp: 22 }, { tcp: [80, 443], from: ["10.0.0.0/8", "fd00::/8"] }] });
const rules = tableText(table);
const params = { tables: [table] };
const load = (text: string) => `PATH=$PATH:/usr/sbin; nft -f - <<'END'\n${text}\nEND\n`;
const has = (words: string) => `PATH=$PATH:/usr/sbin; nft list ruleset | grep -qF '${words}'`;
const hasNot = (words: string) => `PATH=$PATH:/usr/sbin; ! nft list ruleset | grep -qF '${words}'`;
const seen = { type: "ipv4_addr", flags: ["dynamic" as const, "timeout" as const], timeout: "1h" };
const living = { name: "living", sets: { seen }, chains: {} };

export default cases(
  nftables,
  [
    {
      name: "sets a host's first rules, now and for every boot",
      params,
      start: "",
      changes: ["rules", "content", "enabled"],
      end: [
        has("tcp dport 22 accept"),
        has("ip6 saddr fd00::/8 tcp dport { 80, 443 } accept"),
        has("hook input priority filter; policy drop;"),
        "systemctl is-enabled nftables",
        `grep -qF 'Its tables: inet firewall' ${path}`,
        `PATH=$PATH:/usr/sbin; nft -c -f ${path}`,
      ],
    },
    {
      name: "replaces its table where somebody has changed a rule by hand, and leaves those of others alone",
      params,
      start: `${load(rules)}nft insert rule inet firewall input tcp dport 23 accept; nft add table inet docker`,
      changes: ["rules", "content", "enabled"],
      end: [hasNot("tcp dport 23"), has("table inet docker")],
    },
    {
      name: "replaces rules that are the same in another order",
      params: {
        tables: [firewallTable({ input: [{ tcp: 22 }, { tcp: 80, verdict: "drop" }, { tcp: [80, 443] }] })],
      },
      start: load(
        tableText(firewallTable({ input: [{ tcp: 22 }, { tcp: [80, 443] }, { tcp: 80, verdict: "drop" }] })),
      ),
      changes: ["rules", "content", "enabled"],
      end: `PATH=$PATH:/usr/sbin; nft list ruleset | grep -A1 'dport 80 drop' | grep -q '80, 443'`,
    },
    {
      name: "does not mind what counters have counted, nor what traffic has put into sets",
      params: { tables: [living] },
      start: `${load(tableText(living))}nft add element inet living seen '{ 192.0.2.1 }'`,
      changes: ["content", "enabled"],
      end: has("192.0.2.1"),
    },
    {
      name: "removes a table that an earlier task has made",
      params,
      start: `printf '%s\\n' '#!/usr/sbin/nft -f' '# Made by Showrunner, which replaces it as a whole. Its tables: inet firewall, ip nat' >${path}; nft add table ip nat; nft add table ip other`,
      changes: ["rules", "content", "enabled"],
      end: [hasNot("table ip nat"), has("table ip other")],
    },
    {
      name: "removes the tables that somebody has declared in the file by hand",
      params,
      start: `printf '%s\\n' 'flush ruleset' 'table filter {' ' chain input {' '  type filter hook input priority 0;' ' }' '}' 'add table inet mine' >${path}; nft -f ${path}; nft add table ip other`,
      changes: ["rules", "content", "enabled"],
      end: [hasNot("table ip filter"), hasNot("table inet mine"), has("table ip other")],
    },
    {
      name: "takes chains of devices",
      params: {
        tables: [
          {
            name: "early",
            family: "netdev" as const,
            chains: {
              in: {
                type: "filter" as const,
                hook: "ingress" as const,
                priority: 0,
                devices: ["law0", "law1"],
                rules: ["ip saddr 192.0.2.1 drop"],
              },
            },
          },
        ],
      },
      start: "ip link add law0 type veth peer name law1",
      changes: ["rules", "content", "enabled"],
      end: `PATH=$PATH:/usr/sbin; nft list ruleset | grep -q 'hook ingress devices = .*law0.*law1'`,
    },
    {
      name: "removes all other tables where it is told so",
      params: { ...params, exclusive: true },
      start: "nft add table ip other; nft add table inet docker",
      changes: ["rules", "content", "enabled"],
      end: [hasNot("table ip other"), hasNot("table inet docker"), `grep -qx 'flush ruleset' ${path}`],
    },
    {
      name: "takes rules in nft's own words, maps, and chains that others jump to",
      params: {
        tables: [
          {
            name: "own",
            maps: {
              ports: {
                key: "inet_service",
                value: "verdict",
                elements: { "22": "accept", "80": "jump web" },
              },
            },
            sets: { office: { type: "ipv4_addr", flags: ["interval" as const], elements: ["10.0.0.0/8"] } },
            chains: {
              web: {
                rules: [
                  { from: ["@office", "192.0.2.7"], limit: "10/second", log: "web: ", comment: "seen" },
                ],
              },
              input: {
                type: "filter" as const,
                hook: "input" as const,
                priority: -10,
                rules: ["tcp dport vmap @ports", { protocol: ["vrrp", "esp"], counter: true }],
              },
            },
          },
        ],
      },
      start: "",
      changes: ["rules", "content", "enabled"],
      end: [
        has("tcp dport vmap @ports"),
        has("ip saddr @office limit rate 10/second"),
        has('log prefix "web: " accept comment "seen"'),
      ],
    },
    {
      name: "says what nft says where it refuses the rules, and changes nothing",
      params: { tables: [{ name: "wrong", chains: { one: { rules: ["tcp dport nonsense accept"] } } }] },
      start: "cp /etc/nftables.conf /tmp/nftables.before; nft add table inet before",
      changes: [],
      fails: "nft refuses the rules: nothing was changed",
      end: [`cmp ${path} /tmp/nftables.before`, has("table inet before"), hasNot("table inet wrong")],
    },
    {
      name: "says that nftables is not installed",
      params,
      facts: [
        nftUnderstood.is(rules, undefined),
        nftTable.is("inet firewall", undefined),
        nftTables.is("", []),
      ],
      changes: [],
      fails: "nftables is not installed",
    },
  ],
  {
    facts: [pendingRollback.is("nftables", false)],
    setup:
      "apt-get install -y nftables >/dev/null && cp /etc/nftables.conf /root/nftables.conf.orig; PATH=$PATH:/usr/sbin",
    reset: `PATH=$PATH:/usr/sbin; ip link delete law0; ip link delete law1; nft flush ruleset; cp /root/nftables.conf.orig ${path}; systemctl disable nftables 2>/dev/null`,
  },
);
