import { defineMysqlFact } from "./fact.ts";
import type { ServerKey } from "./login.ts";
import { join, sql } from "./sql.ts";

/** What a server holds, as far as it matters to whether it can be a replica of another. */
export interface History {
  readonly serverId: number;
  readonly binlog: boolean;
  /** The last GTID applied from a primary, of each domain. */
  readonly slavePosition: string;
  /** The last GTID applied or written, of each domain. */
  readonly currentPosition: string;
  /** The last GTID in its binlogs, of each domain and server. */
  readonly binlogState: string;
  /** All but the system's own. */
  readonly databases: readonly string[];
  /** All but those that a package makes: `user@host`. */
  readonly accounts: readonly string[];
}

/** MariaDB only. Undefined where no server answers. */
export const mysqlHistory = defineMysqlFact<{ readonly server: ServerKey }, History | undefined>({
  name: "mysql.history",
  mayArrive: (_, value) => value === undefined,
  // positions move with every write
  lasting: (value) =>
    value ? [value.serverId, value.binlog, value.databases, value.accounts] : ["no server answers"],
  sql: () =>
    join(
      [
        sql`/*M! SELECT @@server_id AS server_id, @@log_bin AS log_bin, @@gtid_slave_pos AS slave_pos,
          @@gtid_current_pos AS current_pos, @@gtid_binlog_state AS binlog_state */`,
        sql`SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA
          WHERE SCHEMA_NAME NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY 1`,
        sql`SELECT CONCAT(User, '@', Host) AS name FROM mysql.user
          WHERE CONCAT(User, '@', Host) NOT IN ('root@localhost', 'mysql@localhost', 'mariadb.sys@localhost',
            'debian-sys-maint@localhost', 'PUBLIC@') ORDER BY 1`,
      ],
      ";\n",
    ),
  value: ([own, databases, accounts]) => {
    const row = own?.[0] ?? {};
    return {
      serverId: Number(row["server_id"]),
      binlog: row["log_bin"] === "1",
      slavePosition: row["slave_pos"] ?? "",
      currentPosition: row["current_pos"] ?? "",
      binlogState: row["binlog_state"] ?? "",
      databases: (databases ?? []).map(({ name }) => name ?? ""),
      accounts: (accounts ?? []).map(({ name }) => name ?? ""),
    };
  },
  unreachable: () => undefined,
});
