/** A ruleset in nft's own language. */
import { fail } from "../../kit/index.ts";
import type { NftTable } from "./nft-params.ts";
import { familyOf, type NftMatch } from "./nft-rule.ts";

type Chain = NftTable["chains"][string];
type Many = string | number | readonly (string | number)[];

/** A table's family and name: `inet firewall`. */
export function tableName({ family = "inet", name }: Pick<NftTable, "family" | "name">): string {
  return `${family} ${name}`;
}

/** Takes a table away, whether it is there or not: nft knows no other word for that which old kernels know. */
export function withoutTable(table: string): string {
  return `table ${table}\ndelete table ${table}\n`;
}

/** A table that takes the place of the one that is there, in the same transaction. */
export function tableText(table: NftTable): string {
  const { sets = {}, maps = {}, raw = [], chains } = table;
  const blocks = [
    ...Object.entries(sets).map(([name, { type, flags, timeout, elements = [] }]) =>
      block(`set ${name}`, [
        `type ${type}`,
        ...(flags?.length ? [`flags ${flags.join(",")}`] : []),
        ...(timeout ? [`timeout ${timeout}`] : []),
        ...elementsOf(elements.map(String)),
      ]),
    ),
    ...Object.entries(maps).map(([name, { key, value, flags, elements = {} }]) =>
      block(`map ${name}`, [
        `type ${key} : ${value}`,
        ...(flags?.length ? [`flags ${flags.join(",")}`] : []),
        ...elementsOf(Object.entries(elements).map(([from, to]) => `${from} : ${to}`)),
      ]),
    ),
    ...raw,
    ...Object.entries(chains).map(([name, chain]) => block(`chain ${name}`, chainLines(table, chain))),
  ];
  return `${withoutTable(tableName(table))}table ${tableName(table)} {\n${indented(blocks)}\n}\n`;
}

function block(name: string, rows: readonly string[]): string {
  return `${name} {\n${indented(rows)}\n}`;
}

function indented(texts: readonly string[]): string {
  return texts
    .flatMap((text) => text.split("\n"))
    .map((row) => (row === "" ? row : `\t${row}`))
    .join("\n");
}

function elementsOf(elements: readonly string[]): string[] {
  return elements.length === 0 ? [] : [`elements = { ${elements.join(", ")} }`];
}

function chainLines(table: NftTable, chain: Chain): string[] {
  const { type, hook, priority = "filter", policy, devices, rules } = chain;
  const device = devices ? ` devices = { ${devices.map((one) => `"${one}"`).join(", ")} }` : "";
  const base = type && hook ? [`type ${type} hook ${hook}${device} priority ${priority};`] : [];
  return [
    ...base,
    ...(policy ? [`policy ${policy};`] : []),
    ...rules.flatMap((rule) => (typeof rule === "string" ? [rule] : ruleLines(rule, table))),
  ];
}

/** A rule may need several of nft's: for each family of addresses, each set of such, and each protocol. */
function ruleLines(rule: NftMatch, table: NftTable): string[] {
  const { in: inside, out, state, limit, log, counter, verdict = "accept", comment } = rule;
  return ways(rule, table).flatMap((way) =>
    protocols(rule).map((protocol) =>
      joined(
        inside === undefined ? "" : `iifname ${names(inside)}`,
        out === undefined ? "" : `oifname ${names(out)}`,
        way,
        protocol,
        state === undefined ? "" : `ct state ${many(state)}`,
        limit === undefined ? "" : `limit rate ${limit}`,
        log === undefined ? "" : `log prefix "${log}"`,
        counter ? "counter" : "",
        verdict,
        comment === undefined ? "" : `comment "${comment}"`,
      ),
    ),
  );
}

/** Where packets come from and go, for each family that has both. */
function ways({ from, to }: NftMatch, table: NftTable): string[] {
  if (from === undefined && to === undefined) return [""];
  return familiesOf(table).flatMap((version) => {
    const ip = version === 4 ? "ip" : "ip6";
    return alternatives(from, version, table).flatMap((source) =>
      alternatives(to, version, table).map((target) =>
        joined(source && `${ip} saddr ${source}`, target && `${ip} daddr ${target}`),
      ),
    );
  });
}

function familiesOf({ family = "inet" }: NftTable): readonly (4 | 6)[] {
  return family === "ip" ? [4] : family === "ip6" ? [6] : [4, 6];
}

/** The addresses of a family, and each set of them; "" where any address will do. */
function alternatives(given: NftMatch["from"], version: 4 | 6, table: NftTable): string[] {
  if (given === undefined) return [""];
  const all = [given].flat();
  const addresses = all.filter((one) => familyOf(one) === version);
  const sets = all.filter((one) => one.startsWith("@") && familyOfSet(table, one) === version);
  return [...(addresses.length === 0 ? [] : [many(addresses)]), ...sets];
}

/** @throws ShowrunnerError where the table has no such set of addresses */
function familyOfSet(table: NftTable, reference: string): 4 | 6 {
  const type = table.sets?.[reference.slice(1)]?.type;
  if (type === "ipv4_addr") return 4;
  if (type === "ipv6_addr") return 6;
  const known = Object.keys(table.sets ?? {});
  return fail(
    type === undefined
      ? `the table ${tableName(table)} has no set ${reference}`
      : `${reference} holds no addresses, but ${type}`,
    known.length > 0 ? `its sets are ${known.join(", ")}` : "declare the set in `sets`",
  );
}

function protocols({ tcp, udp, icmp, icmpv6, protocol }: NftMatch): string[] {
  const found = [
    ...(tcp === undefined ? [] : [`tcp dport ${many(tcp)}`]),
    ...(udp === undefined ? [] : [`udp dport ${many(udp)}`]),
    ...(icmp === undefined ? [] : [`icmp type ${many(icmp)}`]),
    ...(icmpv6 === undefined ? [] : [`icmpv6 type ${many(icmpv6)}`]),
    ...(protocol === undefined ? [] : [`meta l4proto ${many(protocol)}`]),
  ];
  return found.length === 0 ? [""] : found;
}

function many(values: Many): string {
  const all = [values].flat();
  return all.length === 1 ? String(all[0]) : `{ ${all.join(", ")} }`;
}

function names(values: string | readonly string[]): string {
  return many([values].flat().map((one) => `"${one}"`));
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
