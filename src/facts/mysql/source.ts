import { defineMysqlFact } from "./fact.ts";
import { formatGtids, parseGtids } from "./gtid.ts";
import type { ServerKey } from "./login.ts";
import type { ResultSet } from "./result-sets.ts";
import { join, sql } from "./sql.ts";

/** What a primary says of itself to its replication account, over the network. */
export type Source =
  | {
      readonly reached: true;
      readonly version: string;
      /** Whether it offers TLS. */
      readonly tls: boolean;
      readonly serverId: number;
      readonly binlog: boolean;
      /** The last GTID in its binlogs, of each domain and server. */
      readonly binlogState: string;
      /** What came before its oldest binlog; undefined if the account may not see it (BINLOG MONITOR). */
      readonly oldest: string | undefined;
    }
  | { readonly reached: false; readonly problem: string };

/** A primary as its replica sees it, by the replication account's login. MariaDB only. */
export const mysqlSource = defineMysqlFact<{ readonly server: ServerKey }, Source>({
  name: "mysql.source",
  about: "world",
  mayArrive: (_, value) => !value.reached,
  sql: () =>
    join(
      [
        sql`/*M! SELECT @@server_id AS server_id, @@log_bin AS log_bin, @@gtid_binlog_state AS binlog_state,
          @@have_ssl AS tls, @@version AS version */`,
        // every binlog tells near its beginning what came before it
        sql`SHOW BINLOG EVENTS LIMIT 5`,
      ],
      ";\n",
    ),
  value: ([own, events], _, denied) => {
    const row = own?.[0] ?? {};
    return {
      reached: true,
      version: row["version"] ?? "",
      tls: row["tls"] === "YES",
      serverId: Number(row["server_id"]),
      binlog: row["log_bin"] === "1",
      binlogState: row["binlog_state"] ?? "",
      oldest: denied ? undefined : oldestOf(events ?? []),
    };
  },
  unreachable: (problem) => ({ reached: false, problem }),
});

/**
 * What came before the first binlog. Where that one tells of nothing, but begins with a later transaction than a domain's
 * first, the server was filled by a copy, and has never had what came before.
 */
function oldestOf(events: ResultSet): string | undefined {
  const list = events.find((event) => event["Event_type"] === "Gtid_list")?.["Info"];
  const first = events.find((event) => event["Event_type"] === "Gtid")?.["Info"];
  const listed = list?.replace(/^\[|\]$/g, "");
  const [begin] = parseGtids(first ?? "");
  if (listed !== "" || !begin || begin.sequence <= 1n) return listed;
  return formatGtids([{ ...begin, sequence: begin.sequence - 1n }]);
}
