/** Looks at a primary and at this server before this server follows the primary, and says how it can, if at all. */

import type { History } from "../../facts/mysql/history.ts";
import type { ServerKey } from "../../facts/mysql/login.ts";
import type { Server } from "../../facts/mysql/server.ts";
import { mysqlSource, type Source } from "../../facts/mysql/source.ts";
import type { PlanHost } from "../../kit/index.ts";
import { newCopy, startAnew, type Way, wayTo } from "./replication-states.ts";
import { canCompare, compareHistories, readHistories } from "./same-history.ts";

/** The two servers, and what is known of this one. */
interface Pair {
  readonly server: ServerKey;
  readonly own: Server;
  readonly history: History | undefined;
  /** The primary, by the replication account's login. */
  readonly primary: ServerKey;
}

/** For a server that is yet to be installed: it will have no data. */
const fresh: Way = { kind: "continue", position: "", setPosition: false };

/**
 * Finds how this server can follow the primary. If it can't, the task fails.
 *
 * @param source what the primary has told; undefined if it can't be asked yet
 */
export async function findWay(
  host: PlanHost,
  pair: Pair,
  source: (Source & { reached: true }) | undefined,
  options: { configured: boolean; resetHistory: boolean },
): Promise<Way> {
  if (!source || !pair.history) return fresh;
  const way = wayTo(source, pair.history, options);
  const known = way.kind === "continue" ? await compared(host, pair, source, way, options.resetHistory) : way;
  if (known.kind === "refuse") host.require(false, known.problem, known.hint);
  return known;
}

/** Requires that a running replica has the same history as its primary. A replica that can't be compared is accepted. */
export async function requireSameHistory(host: PlanHost, pair: Pair): Promise<void> {
  const { server, own, history, primary } = pair;
  if (!history?.binlog || !canCompare(own)) return;
  const position = history.slavePosition || history.currentPosition;
  const result = compareHistories(
    await readHistories(host, { mine: server, theirs: primary }, position, false),
  );
  if (result.kind !== "different") return;
  const source = await host.fact(mysqlSource, { server: primary });
  const refusal = otherHistory(result, pair, position, source);
  host.require(false, refusal.problem, refusal.hint);
}

async function compared(
  host: PlanHost,
  pair: Pair,
  source: Source & { reached: true },
  way: Way & { kind: "continue" },
  resetHistory: boolean,
): Promise<Way> {
  const { server, own, history, primary } = pair;
  if (way.position === "" || !history) return way;
  if (!history.binlog) return { ...way, notCompared: "this server writes no binlog" };
  if (!canCompare(own)) return { ...way, notCompared: "comparing needs MariaDB 10.8 or newer" };
  const result = compareHistories(
    await readHistories(host, { mine: server, theirs: primary }, way.position, true),
  );
  if (result.kind === "same") return way;
  if (result.kind === "nothing") return { ...way, notCompared: result.why };
  if (result.kind === "unread")
    return {
      kind: "refuse",
      problem: `it is not known whether this server and the primary have the same history: ${result.problem}`,
      hint: "nothing was changed. This host needs mariadb-binlog (Debian's package mariadb-client), and the account needs REPLICATION SLAVE",
    };
  if (resetHistory && history.databases.length === 0) return startAnew(source, way.position);
  return otherHistory(result, pair, way.position, source);
}

function otherHistory(
  { gtid, mine, theirs }: { gtid: string; mine: string; theirs: string | undefined },
  { primary }: Pair,
  position: string,
  source: Source,
): Way & { kind: "refuse" } {
  const there = theirs === undefined ? "is not there" : `was made at ${theirs} there`;
  const stands = source.reached ? `, the primary has ${source.binlogState || "none"}` : "";
  return {
    kind: "refuse",
    problem: `the primary ${addressOf(primary)} has another history than this replica: ${gtid} was made at ${mine} here, and ${there} (this replica stands at ${position}${stands}). The primary was reset (RESET MASTER) or restored to an earlier time, and then written to: this replica would skip what it wrote under numbers that are taken here, and the rows would differ for ever`,
    hint: `nothing was changed. ${newCopy}`,
  };
}

function addressOf({ login }: ServerKey): string {
  return `${login?.host}:${login?.port}`;
}
