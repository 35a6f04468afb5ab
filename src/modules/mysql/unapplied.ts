/** What a replica has received and not yet applied. Once the primary is gone, nobody else has it. */

import { runSql } from "../../facts/mysql/client.ts";
import { formatGtids, parseGtids, purgedGtids } from "../../facts/mysql/gtid.ts";
import type { ReplicaPosition } from "../../facts/mysql/history.ts";
import type { ServerKey } from "../../facts/mysql/login.ts";
import type { Replica } from "../../facts/mysql/replica.ts";
import { type Sql, sql, statements } from "../../facts/mysql/sql.ts";
import { rawScript, type Script } from "../../kit/index.ts";

/** Up to where the replica has received more than it has applied, as a GTID or a place in a binlog; empty if all is applied. */
function unapplied({ received, applied }: ReplicaPosition): string {
  if (received.includes(":")) return received === applied ? "" : received;
  return formatGtids(purgedGtids(parseGtids(applied), parseGtids(received)));
}

/** Why waiting does not help a replica to apply what it has received, and what to do; undefined if waiting is enough. */
export function stuck(
  { io, sql: apply, delay, problem }: Replica,
  position: ReplicaPosition,
): { readonly problem: string; readonly hint: string } | undefined {
  const open = unapplied(position);
  if (open === "" || (apply === "running" && delay === 0)) return undefined;
  const lost = `this replica has received ${open} and applied ${position.applied || "nothing"}: the transactions in between would be lost`;
  if (apply === "running")
    return {
      problem: `${lost}; it stays ${delay} s behind on purpose`,
      hint: "nothing was changed. Let it catch up first: mysqlReplication({ …, delay: 0 })",
    };
  const why = problem ? `its applying thread has stopped: ${problem}` : "its applying thread does not run";
  return {
    problem: `${lost}; ${why}`,
    hint:
      io === "stopped"
        ? `nothing was changed. While the primary is there, mysqlReplication({ state: "replicating", … }) fetches it again and applies it. If the primary is gone, copy the relay logs to another place before anything is started: the server deletes them when a thread starts`
        : "nothing was changed. Remove the cause, start that thread (START SLAVE SQL_THREAD), and run this again",
  };
}

/**
 * Removes a replica's replication once all that it has received is applied. The script stops receiving and waits. If
 * something is still not applied in the end, it fails, and replication is as it was.
 *
 * @param waitSeconds how long the applying thread may take
 */
export function takeAway(server: ServerKey, { io, delay }: Replica, waitSeconds: number): Script {
  const run = (...all: readonly Sql[]) => runSql(server, statements(...all)).text;
  const status = runSql(server, statements(sql`SHOW SLAVE STATUS`, sql`SELECT @@gtid_slave_pos AS Applied`), [
    "--vertical",
  ]);
  const resume = io === "stopped" ? ":" : run(sql`START SLAVE IO_THREAD`);
  return rawScript(`field() { printf '%s\\n' "$status" | sed -n "s/^ *$1: //p" | sed -n 1p; }
open() {
  received=$(field Gtid_IO_Pos); applied=$(field Applied)
  if [ "$(field Using_Gtid)" != No ] && [ -n "$received" ]; then
    awk -v received="$received" -v applied="$applied" 'BEGIN {
      count = split(applied, list, ","); for (i = 1; i <= count; i++) { split(list[i], part, "-"); last[part[1]] = part[3] + 0 }
      count = split(received, list, ","); for (i = 1; i <= count; i++) { split(list[i], part, "-"); if (!(part[1] in last) || last[part[1]] < part[3] + 0) printf "%s ", list[i] }
    }'
  elif [ -n "$(field Master_Log_File)" ]; then
    received=$(field Master_Log_File):$(field Read_Master_Log_Pos); applied=$(field Relay_Master_Log_File):$(field Exec_Master_Log_Pos)
    [ "$received" = "$applied" ] || printf %s "$received"
  fi
}
refuse() {
  echo "replication is as it was: the replica has received $received and applied $applied, and $1" >&2
  {
${resume}
  }
  exit 1
}
{
${run(sql`STOP SLAVE IO_THREAD`)}
} || exit
waited=0
while :; do
  status=$(
${status.text}
  ) || exit
  [ -n "$(open)" ] || break
  received=$(field Gtid_IO_Pos); applied=$(field Applied)
  [ "$(field Slave_SQL_Running)" = Yes ] || refuse "its applying thread has stopped: $(field Last_SQL_Error)"
  ${delay > 0 ? `refuse "it stays ${delay} s behind on purpose"` : ":"}
  [ $waited -lt ${waitSeconds} ] || refuse "has not applied the rest within ${waitSeconds} s"
  [ $((waited % 5)) -ne 0 ] || echo "waiting for the applying thread: received $received, applied $applied"
  sleep 1; waited=$((waited + 1))
done
${run(sql`STOP SLAVE`, sql`RESET SLAVE ALL`)}`);
}
