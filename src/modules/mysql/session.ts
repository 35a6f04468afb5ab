import { runSql } from "../../facts/mysql/client.ts";
import type { ServerKey } from "../../facts/mysql/login.ts";
import { type Sql, sql, statements } from "../../facts/mysql/sql.ts";
import type { Script } from "../../kit/index.ts";

/** A script that runs statements which may be kept out of the binlog. */
export function runStatements(server: ServerKey, sqlLogBin: boolean, ...all: readonly Sql[]): Script {
  return runSql(
    server,
    sqlLogBin ? statements(...all) : statements(sql`SET SESSION sql_log_bin = 0`, ...all),
  );
}
