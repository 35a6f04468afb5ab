import { fileText } from "../../facts/files.ts";
import { nftTable, nftTables, nftUnderstood } from "../../facts/nftables.ts";
import { unit } from "../../facts/systemd.ts";
import {
  change,
  defineModule,
  fail,
  feed,
  finishRollback,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type PlanHost,
  pendingRollback,
  type RequiredInput,
  type Rollback,
  rawScript,
  ShowrunnerError,
  sh,
  Type,
} from "../../kit/index.ts";
import { copy } from "../files/copy.ts";
import { prefetchFile } from "../files/put-file.ts";
import { systemd } from "../services/systemd.ts";
import { type NftTable, Table } from "./nft-params.ts";
import { tableName, tableText, withoutTable } from "./nft-text.ts";

const params = {
  /**
   * The tables: those of `firewallTable(…)`, or your own. Tables that an earlier task has made, or that /etc/nftables.conf
   * has declared, and that are not among them are removed.
   */
  tables: Type.Array(Table),
  /** true: all other tables are removed, too, also those of Docker, fail2ban and ufw. Default: false. */
  exclusive: Param.flag(),
};

/** What `nftables` takes. */
export interface NftablesParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/** What nftables.service of Debian loads at boot. */
const path = "/etc/nftables.conf";
const rollbackName = "nftables";

/**
 * Sets the firewall of a host: now, in one transaction, and at every boot.
 *
 * What runs is compared with what the host's own nft makes of the tables, so that a rule which somebody has changed by
 * hand is found and put right. What traffic has put into sets (`dynamic`, `timeout`) is no difference; but a table that
 * does differ is replaced as a whole, and such sets begin anew. Rules name interfaces by `iifname`, not by `iif`.
 *
 * The rules that were there before come back by themselves within 30 seconds, unless a new connection from this machine
 * confirms the new ones; then the task fails. /etc/nftables.conf is written as a whole, and only after that. All rules
 * of a host are therefore one task. Tables that the file has declared before are removed with it.
 *
 * @throws ShowrunnerError `task.failed` where nft refuses the rules, with what it says, or is not installed;
 *   `change.failed` where the rules shut this machine out, or take longer than 15 seconds
 *
 * @example
 * await nftables({ tables: [firewallTable({ input: [{ tcp: 22, from: "10.0.0.0/24" }, { tcp: [80, 443] }] })] });
 */
export const nftables: Module<NftablesParams, object> = defineModule({
  name: "nftables",
  summary: "Sets the firewall of a host, and takes it back if it shuts this machine out.",
  params,
  examples: [
    `nftables({ tables: [firewallTable({ input: [{ tcp: 22, from: "10.0.0.0/24" }, { tcp: [80, 443] }] })] })`,
    `nftables({ tables: [{ name: "nat", family: "ip", chains: { out: { type: "nat", hook: "postrouting", priority: "srcnat", rules: ['oifname "eth0" masquerade'] } } }] })`,
    `nftables({ tables: [], exclusive: true })`,
  ],
  title: ({ tables }) => tables.map(tableName).join(", "),
  check({ tables }) {
    const names = tables.map(tableName);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) fail(`there are two tables ${twice}`, "put their chains into one");
    for (const { name, chains } of tables)
      for (const [chain, { type, hook, priority, policy }] of Object.entries(chains))
        if ((type ?? hook ?? priority ?? policy) !== undefined && (type === undefined || hook === undefined))
          fail(
            `the chain ${chain} of the table ${name} needs a \`type\` and a \`hook\``,
            "without them it is a chain that others jump to, which has no priority and no policy",
          );
    rulesOf(tables);
  },
  async *plan(host, { tables, exclusive }) {
    const names = tables.map(tableName);
    const rules = rulesOf(tables);
    // what a pending rollback alters is read behind it
    await Promise.allSettled([
      host.fact(pendingRollback, rollbackName),
      host.fact(nftUnderstood, rules),
      exclusive ? host.fact(nftTables, "") : undefined,
      ...names.map((name) => host.fact(nftTable, name)),
      host.fact(fileText, path),
      prefetchFile(host, path),
      host.fact(unit, "nftables.service"),
    ]);
    yield* finishRollback(host, rollbackName, [nftTable.of(), nftTables.of()]);

    const wanted = await understood(host, rules);
    const earlier = tablesOfFile(await host.fact(fileText, path));
    const others = exclusive ? await host.fact(nftTables, "") : earlier;
    const unwanted = others.filter((name) => !names.includes(name));
    const [live, left] = await Promise.all([tablesOf(host, names), tablesOf(host, unwanted)]);
    const surplus = left.filter(({ text }) => text !== undefined);
    const isSame = live.every(({ name, text }) => text !== undefined && text === wanted?.[name]);
    if (!isSame || surplus.length > 0) {
      const removed = surplus.map(({ name }) => withoutTable(name)).join("");
      yield change({
        what: "rules",
        diff: {
          path: "nft list ruleset",
          before: [...live, ...surplus].map(({ text }) => text ?? "").join(""),
          after: names.map((name) => wanted?.[name] ?? "").join("") || rules,
        },
        script: feed(`${removed}${rules}`, sh`${inPath}\nnft -f -`),
        rollback: putBack([...names, ...surplus.map(({ name }) => name)]),
        sets: [
          ...names.flatMap((name) => (wanted?.[name] === undefined ? [] : nftTable.is(name, wanted[name]))),
          ...surplus.map(({ name }) => nftTable.is(name, undefined)),
        ],
        touches: [nftTables.of(), ...(wanted ? [] : [nftTable.of(...names)])],
      });
    }
    yield* copy.plan(host, {
      dest: path,
      content: fileOf(names, exclusive, rules),
      validate: "PATH=$PATH:/usr/sbin; nft -c -f %s",
    });
    yield* systemd.plan(host, { name: "nftables", enabled: true });
    return {};
  },
});

/** Ordinary users have no /usr/sbin in their path. */
const inPath = rawScript("PATH=$PATH:/usr/sbin:/sbin");

function rulesOf(tables: readonly NftTable[]): string {
  return tables.map(tableText).join("");
}

const mark = "# Made by Showrunner, which replaces it as a whole. Its tables:";

/** What is loaded at boot; also by hand, as a reload of the service does: so it takes the place of what runs. */
function fileOf(names: readonly string[], exclusive: boolean, rules: string): string {
  return `#!/usr/sbin/nft -f\n${mark} ${names.join(", ")}\n${exclusive ? "flush ruleset\n" : ""}${rules}`;
}

/**
 * The tables that the file is for, which run since the last boot: those that an earlier task has made, or those that
 * somebody has declared there by hand. With the file, they would be gone only at the next boot.
 */
function tablesOfFile(text = ""): string[] {
  const line = text.split("\n", 2)[1] ?? "";
  if (!line.startsWith(mark))
    return [...new Set([...text.matchAll(declared)].map(([, family = "ip", name]) => `${family} ${name}`))];
  return line
    .slice(mark.length)
    .split(",")
    .map((name) => name.trim())
    .filter((name) => /^[a-z0-9]+ [A-Za-z_][A-Za-z0-9_.-]*$/.test(name));
}

const declared =
  /^[ \t]*(?:(?:add|create)[ \t]+)?table[ \t]+(?:(ip|ip6|inet|arp|bridge|netdev)[ \t]+)?"?([A-Za-z_][A-Za-z0-9_.-]*)/gm;

/**
 * The tables as the host's own nft lists them; undefined where it is yet to be installed.
 *
 * @throws ShowrunnerError where nft refuses them
 */
async function understood(host: PlanHost, rules: string) {
  const found = await host.fact(nftUnderstood, rules);
  host.require(
    found !== undefined,
    "nftables is not installed",
    'install it before: `apt({ name: "nftables" })`',
  );
  if (found === undefined || "tables" in found) return found?.tables;
  const details = found.refused.trim().split("\n").slice(0, 12);
  if (/^unshare:|Operation not permitted/m.test(found.refused))
    throw new ShowrunnerError("task.failed", "the host does not let this user look at its firewall", {
      details,
      hint: "only root may: set become: true for the task or its play",
    });
  throw new ShowrunnerError("task.failed", "nft refuses the rules: nothing was changed", {
    details,
    hint: "the numbers are the line and columns of the rules as nft gets them; the line itself is shown below",
  });
}

async function tablesOf(host: PlanHost, names: readonly string[]) {
  return Promise.all(names.map(async (name) => ({ name, text: await host.fact(nftTable, name) })));
}

/** Each table as it was, or gone as it was: in one transaction, too. That it can be loaded again is checked before. */
function putBack(names: readonly string[]): Rollback {
  return {
    name: rollbackName,
    save: lines(
      inPath,
      sh`for table in ${names}; do`,
      rawScript(`printf 'table %s\\ndelete table %s\\n' "$table" "$table"
nft list table $table 2>/dev/null || :
done >old.nft && nft -c -f old.nft`),
    ),
    restore: lines(inPath, sh`nft -f old.nft`),
  };
}
