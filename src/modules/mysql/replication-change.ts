/** The change that sets replication up: its statements, what it sets, and how it is told. */
import { isLocal, type ServerKey } from "../../facts/mysql/login.ts";
import { mysqlReplicaPassword, type Replica } from "../../facts/mysql/replica.ts";
import { type Sql, sql } from "../../facts/mysql/sql.ts";
import { type Change, change } from "../../kit/index.ts";
import type { Setting, WantedReplica, Way } from "./replication-states.ts";

export function stepsOf(way: Way): Sql[] {
  if (way.kind === "reset")
    return [sql`STOP SLAVE`, sql`RESET SLAVE ALL`, sql`RESET MASTER`, sql`SET GLOBAL gtid_slave_pos = ''`];
  if (way.kind === "continue" && way.setPosition)
    return [sql`STOP SLAVE`, sql`SET GLOBAL gtid_slave_pos = ${way.position}`];
  return [];
}

export function passwordAfter(
  server: ServerKey,
  settings: readonly Setting[],
  { passwordId }: WantedReplica,
) {
  return isLocal(server) && settings.includes("password")
    ? [mysqlReplicaPassword.is({ server }, passwordId)]
    : [];
}

export function describeChange(
  now: Replica | undefined,
  target: Replica,
  settings: readonly Setting[],
  notCompared: string | undefined,
  made: Pick<Parameters<typeof change>[0], "script" | "sets" | "touches">,
): Change {
  const note = notCompared ? ` (histories not compared: ${notCompared})` : "";
  if (!now)
    return change({
      what: "replication",
      before: "absent",
      after: `from ${target.host}:${target.port}${note}`,
      ...made,
    });
  if (settings.length > 0)
    return change({
      what: settings.join(", "),
      before: shown(now, settings),
      after: {
        ...shown(target, settings),
        ...(notCompared ? { "histories not compared": notCompared } : {}),
      },
      ...made,
    });
  const threads = ({ io, sql: apply, problem }: Replica) =>
    `fetching: ${io}, applying: ${apply}${problem ? ` (${problem})` : ""}`;
  return change({ what: "threads", before: threads(now), after: `${threads(target)}${note}`, ...made });
}

function shown(replica: Replica, settings: readonly Setting[]): Record<string, unknown> {
  const { tls, ...rest } = replica;
  const values: Record<Setting, unknown> = { ...rest, ...tls, tls: tls.enabled, password: "********" };
  return Object.fromEntries(settings.map((setting) => [setting, values[setting]]));
}
