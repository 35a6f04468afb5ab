/**
 * Whether a replica and its primary have the same history. GTIDs alone can't tell. After a primary's binlogs were reset,
 * or its data was restored to an earlier time, it gives new transactions the numbers that its replicas already have. A
 * replica would skip these transactions, and the rows would differ for ever. So the times of the transactions are
 * compared, too: a transaction has the same time on every server that it reaches.
 */

import { parseGtids } from "../../facts/mysql/gtid.ts";
import type { ServerKey } from "../../facts/mysql/login.ts";
import type { Server } from "../../facts/mysql/server.ts";
import { before, beginning, mysqlTransactions, type Transactions } from "../../facts/mysql/transactions.ts";
import type { PlanHost } from "../../kit/index.ts";

/** The same transactions, as both servers have them. */
interface Reading {
  readonly mine: Transactions;
  readonly theirs: Transactions;
}

type Comparison =
  | { readonly kind: "same" }
  /** The first that differs, and when each server says that it was made; undefined where the primary lacks it. */
  | {
      readonly kind: "different";
      readonly gtid: string;
      readonly mine: string;
      readonly theirs: string | undefined;
    }
  /** The binlogs of one of the servers could not be read. */
  | { readonly kind: "unread"; readonly problem: string }
  /** No transaction is in the binlogs of both servers. */
  | { readonly kind: "nothing"; readonly why: string };

/** How many of the latest transactions of a replica are compared in each domain. */
const span = 1000;

/**
 * What is read of each server's binlogs.
 *
 * @param position where the replica stands
 * @param joining whether replication is to begin or to go on; less is read of a replica that is running
 */
export function placesFor(
  position: string,
  joining: boolean,
): readonly { readonly after: string; readonly count: number }[] {
  const gtids = parseGtids(position);
  return [
    { after: beginning, count: 1 },
    { after: before(gtids, span), count: span * gtids.length },
    // the rest may be purged, or very large
    { after: before(gtids, 1), count: 1 },
    // this place can be read as long as replication can go on
    ...(joining ? [{ after: position, count: 1 }] : []),
  ];
}

/** Reads both servers' binlogs from the replica's host. See `placesFor`. */
export async function readHistories(
  host: PlanHost,
  servers: { readonly mine: ServerKey; readonly theirs: ServerKey },
  position: string,
  joining: boolean,
): Promise<readonly Reading[]> {
  const read = (place: { after: string; count: number }, server: ServerKey) =>
    host.fact(mysqlTransactions, { server, ...place });
  return Promise.all(
    placesFor(position, joining).map(async (place) => {
      const [mine, theirs] = await Promise.all([read(place, servers.mine), read(place, servers.theirs)]);
      return { mine, theirs };
    }),
  );
}

/** Whether mariadb-binlog of that version can read binlogs from a GTID on. */
export function canCompare(server: Server): boolean {
  const [major = 0, minor = 0] = server.running ? server.version.split(".").map(Number) : [];
  return major > 10 || (major === 10 && minor >= 8);
}

/** Compares what was read, from the oldest to the latest. */
export function compareHistories(readings: readonly Reading[]): Comparison {
  const theirs = new Map(readings.flatMap((one) => (one.theirs.read ? [...one.theirs.times] : [])));
  let common = 0;
  for (const reading of readings) {
    if (!reading.mine.read) continue;
    const ranges = rangesOf(reading.theirs);
    for (const [gtid, time] of reading.mine.times) {
      const there = theirs.get(gtid);
      if (there === time) common++;
      else if (there !== undefined || isWithin(gtid, ranges))
        return { kind: "different", gtid, mine: time, theirs: there };
    }
  }
  if (common > 0) return { kind: "same" };
  const last = readings.at(-1);
  if (last && !last.mine.read)
    return { kind: "unread", problem: `this server's binlogs can't be read: ${last.mine.problem}` };
  if (last && !last.theirs.read)
    return { kind: "unread", problem: `the primary's binlogs can't be read: ${last.theirs.problem}` };
  const empty = readings.every(({ mine }) => !mine.read || mine.times.size === 0);
  return {
    kind: "nothing",
    why: empty
      ? "this server's binlogs hold none of the transactions that it has"
      : "the primary's binlogs no longer hold the transactions that this server has",
  };
}

/** The first and the last sequence of each domain, in the order of a binlog. */
function rangesOf(transactions: Transactions): ReadonlyMap<number, readonly [bigint, bigint]> {
  const ranges = new Map<number, readonly [bigint, bigint]>();
  const gtids = transactions.read ? [...transactions.times.keys()].flatMap(parseGtids) : [];
  for (const { domain, sequence } of gtids)
    ranges.set(domain, [ranges.get(domain)?.[0] ?? sequence, sequence]);
  return ranges;
}

/** Whether a transaction that is missing on a server lies between others that are there. */
function isWithin(gtid: string, ranges: ReadonlyMap<number, readonly [bigint, bigint]>): boolean {
  return parseGtids(gtid).some(({ domain, sequence }) => {
    const [first, last] = ranges.get(domain) ?? [sequence, sequence];
    return first < sequence && sequence < last;
  });
}
