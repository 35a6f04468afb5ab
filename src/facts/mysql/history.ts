import { defineMysqlFact } from "./fact.ts";
import type { ServerKey } from "./login.ts";
import type { Row } from "./result-sets.ts";
import { join, sql } from "./sql.ts";

/**
 * How far a replica has come. By GTID the server forgets at its restart what it had received, and then tells it by the
 * place in the primary's binlogs alone.
 */
export interface ReplicaPosition {
  /** What it has received from the primary: a list of GTIDs, or `file:offset` in the primary's binlogs. */
  readonly received: string;
  /** What it has applied of that, in the same terms. */
  readonly applied: string;
}

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
  /** Of its default connection to a primary; undefined where none is set up. */
  readonly replica: ReplicaPosition | undefined;
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
        sql`/*M! SHOW ALL SLAVES STATUS */`,
      ],
      ";\n",
    ),
  value: ([own, databases, accounts, replicas]) => {
    const row = own?.[0] ?? {};
    return {
      serverId: Number(row["server_id"]),
      binlog: row["log_bin"] === "1",
      slavePosition: row["slave_pos"] ?? "",
      currentPosition: row["current_pos"] ?? "",
      binlogState: row["binlog_state"] ?? "",
      replica: positionOf(
        replicas?.find((one) => one["Connection_name"] === ""),
        row["slave_pos"] ?? "",
      ),
      databases: (databases ?? []).map(({ name }) => name ?? ""),
      accounts: (accounts ?? []).map(({ name }) => name ?? ""),
    };
  },
  unreachable: () => undefined,
});

function positionOf(row: Row | undefined, slavePosition: string): ReplicaPosition | undefined {
  if (!row) return undefined;
  const text = (name: string) => row[name] ?? "";
  if (text("Using_Gtid") !== "No" && text("Gtid_IO_Pos") !== "")
    return { received: text("Gtid_IO_Pos"), applied: slavePosition };
  // without a file it has received nothing since it was set up or started
  if (text("Master_Log_File") === "") return { received: "", applied: "" };
  return {
    received: `${text("Master_Log_File")}:${text("Read_Master_Log_Pos")}`,
    applied: `${text("Relay_Master_Log_File")}:${text("Exec_Master_Log_Pos")}`,
  };
}
