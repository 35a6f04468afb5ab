import { describe, expect, it } from "vitest";
import { file, fileHash, fileText } from "../../../src/facts/files.ts";
import { nftTable, nftTables, nftUnderstood } from "../../../src/facts/nftables.ts";
import { self } from "../../../src/facts/self.ts";
import { unit } from "../../../src/facts/systemd.ts";
import { pendingRollback } from "../../../src/kit/index.ts";
import { firewallTable, type NftRule, type NftTable, nftables } from "../../../src/modules/index.ts";
import { tableText } from "../../../src/modules/net/nft-text.ts";
import { planTask } from "../../../src/testing/plan.ts";

const path = "/etc/nftables.conf";

function rulesOf(rule: NftRule, more: Partial<NftTable> = {}): string[] {
  const text = tableText({ name: "t", ...more, chains: { c: { rules: [rule] } } });
  return (/chain c \{\n([\s\S]*?)\n?\t\}/.exec(text)?.[1] ?? "").split("\n").map((line) => line.trim());
}

describe("a rule", () => {
  it.each<[NftRule, string[]]>([
    [{ tcp: 22 }, ["tcp dport 22 accept"]],
    [{ tcp: [80, "8000-8100"], udp: 53 }, ["tcp dport { 80, 8000-8100 } accept", "udp dport 53 accept"]],
    [
      { tcp: 22, from: ["10.0.0.0/24", "fd00::/8"], comment: "office" },
      [
        'ip saddr 10.0.0.0/24 tcp dport 22 accept comment "office"',
        'ip6 saddr fd00::/8 tcp dport 22 accept comment "office"',
      ],
    ],
    [{ from: "10.0.0.1", to: "fd00::1" }, [""]],
    [{ tcp: 3306, from: [] }, [""]],
    [
      { in: ["eth0", "wg*"], state: ["new"], verdict: "drop" },
      ['iifname { "eth0", "wg*" } ct state new drop'],
    ],
    [
      { protocol: "vrrp", from: "10.0.0.2-10.0.0.9", limit: "10/second", log: "vrrp ", counter: true },
      ['ip saddr 10.0.0.2-10.0.0.9 meta l4proto vrrp limit rate 10/second log prefix "vrrp " counter accept'],
    ],
    ["udp dport 5353 accept", ["udp dport 5353 accept"]],
  ])("%j is said in nft's words", (rule, lines) => {
    expect(rulesOf(rule)).toEqual(lines);
  });

  it("names a set in the words of its own family, apart from addresses", () => {
    const sets = { office: { type: "ipv4_addr" }, home: { type: "ipv6_addr" } };
    expect(rulesOf({ from: ["@office", "10.0.0.1", "@home"] }, { sets })).toEqual([
      "ip saddr 10.0.0.1 accept",
      "ip saddr @office accept",
      "ip6 saddr @home accept",
    ]);
    expect(rulesOf({ from: ["10.0.0.1", "fd00::1"] }, { family: "ip" })).toEqual([
      "ip saddr 10.0.0.1 accept",
    ]);
  });
});

describe("a mistake is found before anything is connected", () => {
  const given = (rule: unknown): NftRule => Object(rule);
  it.each([
    [{ tpc: 22 }, 'a rule has no "tpc"'],
    [{ tcp: 70_000 }, 'tcp: expected a port such as 22, "8000-8100" or "@ports", got 70000'],
    [{ tcp: "100-50" }, 'tcp: expected a port such as 22, "8000-8100" or "@ports", got "100-50"'],
    [{ tcp: [] }, 'tcp: expected a port such as 22, "8000-8100" or "@ports", got an empty list'],
    [
      { tcp: 22, from: "web1" },
      'from: expected an address such as "10.0.0.7", a network such as "10.0.0.0/24" or a set such as "@office", got "web1"',
    ],
    [{ from: ["10.0.0.0/33"] }, 'got "10.0.0.0/33"'],
    [{ comment: 'a"; flush ruleset' }, "comment: expected a text of one line"],
    [{ comment: "ä".repeat(64) }, "comment: expected a text of one line, of at most 127 bytes"],
    [{ verdict: "accept\nflush ruleset" }, "verdict: expected a verdict"],
  ])("%j", (rule, message) => {
    const place = "firewallTable: input[1]: ";
    expect(() => firewallTable({ input: [{ tcp: 22 }, given(rule)] })).toThrow(place);
    expect(() => firewallTable({ input: [{ tcp: 22 }, given(rule)] })).toThrow(message);
    expect(() => nftables({ tables: [{ name: "t", chains: { c: { rules: [given(rule)] } } }] })).toThrow(
      message,
    );
  });

  it.each<[string, NftTable[]]>([
    ["there are two tables inet firewall", [firewallTable({ input: [] }), firewallTable({ input: [] })]],
    ["the table inet firewall has no set @office", [firewallTable({ input: [{ from: "@office" }] })]],
    [
      "the chain c of the table t needs a `type` and a `hook`",
      [{ name: "t", chains: { c: { hook: "input", rules: [] } } }],
    ],
  ])("%s", (message, tables) => {
    expect(() => nftables({ tables })).toThrow(message);
  });
});

describe("a plan", () => {
  const table = firewallTable({ input: [{ tcp: 22 }] });
  const rules = tableText(table);
  const listing = "table inet firewall {\n}\n";
  const facts = [
    self.is("", { user: "root", group: "root" }),
    pendingRollback.is("nftables", false),
    nftUnderstood.is(rules, { tables: { "inet firewall": listing } }),
    nftTables.is("", ["inet firewall"]),
    fileText.is(path, undefined),
    fileHash.is(path, undefined),
    file.is(path, { type: "absent" }),
    file.is("/etc", { type: "directory", mode: "0755", owner: "root", group: "root" }),
    unit.is("nftables.service", {
      id: "nftables.service",
      load: "loaded",
      active: "inactive",
      oneshot: false,
      file: "enabled",
      stale: false,
    }),
  ];
  const what = async (live: string | undefined, task = nftables({ tables: [table] })) =>
    (await planTask(task, { facts: [...facts, nftTable.is("inet firewall", live)] })).changes;

  it("changes no rules where those that run are those that are wanted", async () => {
    expect((await what(listing)).map((change) => change.what)).toEqual(["created"]);
  });

  it("changes rules that differ before the file, so that a boot never loads what nobody has confirmed", async () => {
    const [change, ...others] = await what("table inet firewall {\n\tchain x {\n\t}\n}\n");
    expect(others.map((one) => one.what)).toEqual(["created"]);
    expect(change).toMatchObject({
      what: "rules",
      diff: { before: "table inet firewall {\n\tchain x {\n\t}\n}\n", after: listing },
      rollback: { name: "nftables" },
    });
  });

  it("takes back what a run has left unconfirmed before it looks at the rules", async () => {
    const planned = await planTask(nftables({ tables: [table] }), {
      facts: [
        ...facts.filter(({ fact }) => fact !== pendingRollback.name),
        pendingRollback.is("nftables", true),
        nftTable.is("inet firewall", listing),
      ],
    });
    expect(planned.changes[0]).toMatchObject({ what: "rollback" });
  });
});

describe("what nft lists", () => {
  const parse = (text: string, name = "inet t") => {
    const { source } = nftTable;
    if ("read" in source) throw new Error("it has a script");
    return source.parse(Buffer.from(text), [name]).get(name);
  };

  it("is compared without what traffic has put into sets", () => {
    const set = (flags: string, elements: string) =>
      `table inet t {\n\tset s {\n\t\ttype ipv4_addr\n\t\t${flags}\n${elements}\t}\n\n\tchain c {\n\t}\n}\n`;
    const elements = "\t\telements = { 192.0.2.1,\n\t\t\t     192.0.2.2 }\n";
    expect(parse(set("flags dynamic,timeout", elements))).toBe(set("flags dynamic,timeout", ""));
    expect(parse(set("flags interval", elements))).toBe(set("flags interval", elements));
  });

  it("may hold warnings, and is nothing where there is no such table", () => {
    expect(parse("# Warning: table ip nat is managed by iptables-nft\ntable ip nat {\n}\n", "ip nat")).toBe(
      "table ip nat {\n}\n",
    );
    expect(parse("")).toBeUndefined();
  });
});
