/** Compares a MariaDB replica with what it is to be. Pure. */
import { errantGtids, formatGtids, parseGtids, purgedGtids } from "../../facts/mysql/gtid.ts";
import type { History } from "../../facts/mysql/history.ts";
import type { Tls } from "../../facts/mysql/login.ts";
import type { Replica } from "../../facts/mysql/replica.ts";
import type { Source } from "../../facts/mysql/source.ts";
import { unencrypted } from "./replication-tls.ts";

/** What a replica's connection to its primary is to be. */
export interface WantedReplica {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The password, as `markOf` marks it. */
  readonly passwordId: string;
  /** Undefined: what the two servers do by themselves. */
  readonly tls: Tls | undefined;
  readonly connectRetry: number | undefined;
  readonly delay: number | undefined;
}

/** One setting of a replica's connection. */
export type Setting =
  | "host"
  | "port"
  | "user"
  | "password"
  | "gtid"
  | "tls"
  | "ca"
  | "cert"
  | "key"
  | "verify"
  | "connectRetry"
  | "delay";

/** The defaults of MariaDB. */
const defaults = { connectRetry: 60, delay: 0 };

/** The replica as it is to be, running. */
export function targetOf(want: WantedReplica, now: Replica | undefined): Replica {
  const { host, port, user, tls } = want;
  return {
    host,
    port,
    user,
    gtid: "slave_pos",
    tls: tls
      ? {
          enabled: true,
          ca: tls.ca ?? "",
          cert: tls.cert ?? "",
          key: tls.key ?? "",
          verify: tls.verify !== false,
        }
      : (now?.tls ?? unencrypted),
    connectRetry: want.connectRetry ?? now?.connectRetry ?? defaults.connectRetry,
    delay: want.delay ?? now?.delay ?? defaults.delay,
    io: "running",
    sql: "running",
    problem: "",
    ioError: 0,
  };
}

/** Access denied, host not allowed, account locked: the primary refuses the login. */
const loginErrors = [1045, 1130, 1698, 4151];

/**
 * The settings that differ.
 *
 * @param password the stored password, as `markOf` marks it. Undefined if it can't be read: then it counts as another one
 *   if the primary has refused the login
 */
export function drift(
  now: Replica,
  target: Replica,
  want: WantedReplica,
  password: string | undefined,
): Setting[] {
  const differs: readonly [Setting, boolean][] = [
    ["host", now.host !== target.host],
    ["port", now.port !== target.port],
    ["user", now.user !== target.user],
    ["password", password === undefined ? loginErrors.includes(now.ioError) : password !== want.passwordId],
    ["gtid", now.gtid !== target.gtid],
    ["tls", now.tls.enabled !== target.tls.enabled],
    ["ca", now.tls.ca !== target.tls.ca],
    ["cert", now.tls.cert !== target.tls.cert],
    ["key", now.tls.key !== target.tls.key],
    ["verify", now.tls.verify !== target.tls.verify],
    ["connectRetry", now.connectRetry !== target.connectRetry],
    ["delay", now.delay !== target.delay],
  ];
  return differs.flatMap(([setting, different]) => (different ? [setting] : []));
}

/** How a server can become a replica of a primary. */
export type Way =
  /** It continues where it stands, at this position. */
  | {
      readonly kind: "continue";
      readonly position: string;
      readonly setPosition: boolean;
      /** Why it is not known whether that position is one of the primary's own history. */
      readonly notCompared?: string;
    }
  /** It has no data: GTIDs of its own, which its package wrote, are deleted, and it begins at the primary's beginning. */
  | { readonly kind: "reset"; readonly forgotten: string }
  | { readonly kind: "refuse"; readonly problem: string; readonly hint: string };

/** What to do with a replica whose data is of another history than the primary's. */
export const newCopy = `This server needs a new copy of the primary's data: "A new copy for a replica" in the README of the role mysql tells how. If the primary's binlogs hold everything that it ever wrote, an empty server will do, too: stop replication here, drop its databases, and give resetHistory: true`;

/**
 * Finds how a server can become a replica, or why it can't. Data that only this server has is never given up.
 *
 * @param resetHistory whether accounts and GTIDs that only this server has may be deleted
 */
export function wayTo(
  source: Source & { reached: true },
  history: History,
  { configured, resetHistory }: { configured: boolean; resetHistory: boolean },
): Way {
  if (source.serverId === history.serverId)
    return {
      kind: "refuse",
      problem: `both servers have server_id ${source.serverId}`,
      hint: "give each server a number of its own: a replica skips what a server of its own number wrote",
    };
  if (!source.binlog)
    return {
      kind: "refuse",
      problem: "the primary writes no binlog",
      hint: "set log_bin in its configuration and restart it",
    };
  const theirs = parseGtids(source.binlogState);
  // what it has received but not applied would be lost with a primary that does not have it
  const mine = [history.binlogState, history.slavePosition, receivedGtids(history)];
  const errant = errantGtids(mine.flatMap(parseGtids), theirs);
  const own = unique(formatGtids(errant));
  const data = describeData(history);

  if (errant.length > 0) {
    if (history.databases.length > 0)
      return {
        kind: "refuse",
        problem: `the servers have diverged: this one has ${own}, which the primary does not have; it holds ${data}`,
        hint: `nothing was changed. If that data is needed, bring it to the primary first. ${newCopy}`,
      };
    if ((configured || history.accounts.length > 0) && !resetHistory)
      return {
        kind: "refuse",
        problem: `the servers have diverged: this one has ${own}, which the primary does not have${data ? `; it holds ${data}` : ""}`,
        hint: "nothing was changed. If that may be deleted, give resetHistory: true",
      };
    return startAnew(source, own);
  }
  const position = history.currentPosition;
  if (position === "" && history.databases.length > 0)
    return {
      kind: "refuse",
      problem: `this server holds ${data}, which did not come from the primary`,
      hint: "nothing was changed. A replica begins empty: drop what may go, or use another server",
    };
  if (position === "" && history.accounts.length > 0 && !resetHistory)
    return {
      kind: "refuse",
      problem: `this server holds ${data}, which did not come from the primary`,
      hint: "nothing was changed. Drop those accounts; or keep them with resetHistory: true, but then the primary must not make accounts of the same names",
    };
  return (
    purged(source, position) ?? {
      kind: "continue",
      position,
      setPosition: sorted(position) !== sorted(history.slavePosition),
    }
  );
}

/**
 * How a server that has no data can follow a primary of another history.
 *
 * @param forgotten the GTIDs that are deleted
 */
export function startAnew(source: Source & { reached: true }, forgotten: string): Way {
  return purged(source, "") ?? { kind: "reset", forgotten };
}

function receivedGtids({ replica }: History): string {
  return replica && !replica.received.includes(":") ? replica.received : "";
}

function purged(source: Source & { reached: true }, position: string): Way | undefined {
  if (source.oldest === undefined) return undefined; // the account may not see this: the primary will refuse the replica itself
  const missing = purgedGtids(parseGtids(position), parseGtids(source.oldest));
  if (missing.length === 0) return undefined;
  return {
    kind: "refuse",
    problem: `the primary no longer has what this replica needs: the replica stands at ${position || "the beginning"}, the primary's oldest binlog begins after ${formatGtids(missing)}`,
    hint: "the replica needs a copy of the primary's data first",
  };
}

function describeData({ databases, accounts }: History): string {
  return [
    databases.length > 0 ? `the database${databases.length > 1 ? "s" : ""} ${databases.join(", ")}` : "",
    accounts.length > 0 ? `the account${accounts.length > 1 ? "s" : ""} ${accounts.join(", ")}` : "",
  ]
    .filter((part) => part !== "")
    .join(" and ");
}

function sorted(gtids: string): string {
  return gtids.split(",").sort().join(",");
}

function unique(gtids: string): string {
  return [...new Set(gtids.split(","))].join(",");
}
