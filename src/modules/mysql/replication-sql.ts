/** The statements that set up and start a MariaDB replica. */

import { runSql } from "../../facts/mysql/client.ts";
import type { ServerKey } from "../../facts/mysql/login.ts";
import type { Replica } from "../../facts/mysql/replica.ts";
import { join, type Sql, sql, statements } from "../../facts/mysql/sql.ts";
import { rawScript, type Script, type Secret } from "../../kit/index.ts";
import type { Setting } from "./replication-states.ts";

/** All settings, for a server that is no replica yet. */
export const allSettings: readonly Setting[] = [
  "host",
  "port",
  "user",
  "password",
  "gtid",
  "tls",
  "ca",
  "cert",
  "key",
  "verify",
  "connectRetry",
  "delay",
];

/**
 * Keeps the session's statements out of the general and the slow log, which would show the password. For the general log
 * this needs the privilege SUPER, so it is done only if that log is on.
 */
export const unlogged: readonly Sql[] = [
  sql`EXECUTE IMMEDIATE IF(@@GLOBAL.general_log, 'SET SESSION sql_log_off = 1', 'DO 0')`,
  sql`SET SESSION slow_query_log = 0`,
];

/** `CHANGE MASTER TO` with these settings alone. Naming an unchanged host would lose the position in the relay log. */
export function changeMaster(target: Replica, password: string | Secret, settings: readonly Setting[]): Sql {
  const assignments: Readonly<Record<Setting, Sql>> = {
    host: sql`MASTER_HOST = ${target.host}`,
    port: sql`MASTER_PORT = ${target.port}`,
    user: sql`MASTER_USER = ${target.user}`,
    password: sql`MASTER_PASSWORD = ${password}`,
    gtid: sql`MASTER_USE_GTID = slave_pos`,
    tls: sql`MASTER_SSL = ${target.tls.enabled ? 1 : 0}`,
    ca: sql`MASTER_SSL_CA = ${target.tls.ca}`,
    cert: sql`MASTER_SSL_CERT = ${target.tls.cert}`,
    key: sql`MASTER_SSL_KEY = ${target.tls.key}`,
    verify: sql`MASTER_SSL_VERIFY_SERVER_CERT = ${target.tls.verify ? 1 : 0}`,
    connectRetry: sql`MASTER_CONNECT_RETRY = ${target.connectRetry}`,
    delay: sql`MASTER_DELAY = ${target.delay}`,
  };
  return sql`CHANGE MASTER TO ${join(settings.map((setting) => assignments[setting]))}`;
}

/** Runs statements, then waits until both threads run. If they do not, the script fails with what the server says of them. */
export function startReplica(server: ServerKey, waitSeconds: number, ...before: readonly Sql[]): Script {
  const status = runSql(server, statements(sql`SHOW SLAVE STATUS`), ["--vertical"]);
  // a thread may run for a moment before the primary refuses it, so it must be seen running twice
  return rawScript(`{
${runSql(server, statements(...before, sql`START SLAVE`)).text}
} || exit
waited=0; seen=0
while :; do
  status=$(
${status.text}
  ) || exit
  case $status in
    *Slave_IO_Running:\\ Yes*Slave_SQL_Running:\\ Yes*) seen=$((seen + 1)); [ $seen -lt 2 ] || exit 0 ;;
    *Last_IO_Errno:\\ 1045*|*Last_IO_Errno:\\ 1130*|*Last_IO_Errno:\\ 1236*|*Last_IO_Errno:\\ 1593*|*Last_IO_Errno:\\ 2026*) break ;;
    *Last_SQL_Errno:\\ [1-9]*) break ;;
    *) seen=0 ;;
  esac
  [ $waited -lt ${waitSeconds} ] || break
  sleep 1; waited=$((waited + 1))
done
echo "the replica does not run" >&2
printf '%s\\n' "$status" | grep -E '^ *(Slave_IO_Running|Slave_SQL_Running|Last_IO_Error|Last_SQL_Error): ' >&2
exit 1`);
}
