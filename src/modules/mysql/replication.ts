import { mysqlAccount } from "../../facts/mysql/account.ts";
import { runSql } from "../../facts/mysql/client.ts";
import { mysqlDatabase } from "../../facts/mysql/database.ts";
import { mysqlHistory } from "../../facts/mysql/history.ts";
import { serverKey } from "../../facts/mysql/login.ts";
import { mysqlReplica, mysqlReplicaPassword, type Replica } from "../../facts/mysql/replica.ts";
import { type Sql, sql, statements } from "../../facts/mysql/sql.ts";
import { mysqlTransactions } from "../../facts/mysql/transactions.ts";
import {
  change,
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type RequiredInput,
  SecretString,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { markOf } from "../../kit/own.ts";
import { findWay, requireSameHistory } from "./joining.ts";
import { checkLogin, loginParams } from "./login-param.ts";
import { describeChange, passwordAfter, stepsOf } from "./replication-change.ts";
import { checkReplicationPassword } from "./replication-password.ts";
import { askPrimary, primaryKey, requireTls, unverified } from "./replication-primary.ts";
import { allSettings, changeMaster, startReplica, unlogged } from "./replication-sql.ts";
import { drift, type Setting, targetOf, type WantedReplica } from "./replication-states.ts";
import { byItself, isByItself } from "./replication-tls.ts";
import { reachable } from "./server-guard.ts";
import { stuck, takeAway } from "./unapplied.ts";

/** What `mysqlReplication` gives: the state afterwards, and what it found. */
export interface MysqlReplicationValue {
  /** Whether it replicates. */
  readonly state: "replicating" | "stopped" | "absent";
  /** `host:port`; undefined where there is no replication. */
  readonly primary: string | undefined;
  /**
   * What the task found. `absent`: no replication was set up; `right`: nothing to do; `stopped`: set up, but a thread did
   * not run; `drifted`: it had other settings; `repoint`: it had another primary; `running`: it ran, and was to be stopped
   * or removed.
   */
  readonly found: "absent" | "right" | "stopped" | "drifted" | "repoint" | "running";
}

const params = {
  /**
   * Replicating: set up and running. Stopped: set up, but not running. Absent: not set up; the server keeps its data,
   * and first applies all that it has received. Default: "replicating".
   */
  state: withDefault(Param.oneOf("replicating", "stopped", "absent"), "replicating"),
  /** The primary from which this server replicates. Required unless `state` is absent. */
  primary: Type.Optional(
    Type.Object(
      {
        /** The primary's name or address, as seen from this host. */
        host: Type.String({ minLength: 1, maxLength: 255 }),
        /** The primary's port. Left out: 3306. */
        port: Type.Optional(Param.port()),
        /** The replication account. */
        user: Type.String({ minLength: 1, maxLength: 80 }),
        /** The account's password: at most 96 bytes, which is MariaDB's limit for replication. */
        password: SecretString(),
        /**
         * Encrypts the connection. Left out: what the two servers do by themselves. From MariaDB 11.4 on they encrypt,
         * and verify each other through the password; older ones do not encrypt.
         */
        ssl: Type.Optional(
          Type.Object(
            {
              /** Path of the authorities' certificates. */
              ca: Type.Optional(Type.String({ minLength: 1 })),
              /** Path of the replica's own certificate. */
              cert: Type.Optional(Type.String({ minLength: 1 })),
              /** Path of that certificate's key. */
              key: Type.Optional(Type.String({ minLength: 1 })),
              /** Whether the primary's certificate must be valid for its name. Left out: true. */
              verify: Type.Optional(Type.Boolean()),
            },
            { additionalProperties: false },
          ),
        ),
      },
      { additionalProperties: false },
    ),
  ),
  /** Seconds between tries to reach the primary. Left out: as it is. */
  connectRetry: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  /** Seconds by which this server stays behind the primary on purpose. Left out: as it is. */
  delay: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })),
  /**
   * true: the task may delete accounts and GTIDs that only this server has (RESET MASTER). It never deletes databases.
   * Default: false.
   */
  resetHistory: Param.flag(),
  /**
   * Seconds to wait until both threads run (left out: 30) or, for absent, until all that was received is applied (left
   * out: 300).
   */
  wait: Type.Optional(Type.Integer({ minimum: 1, maximum: 3600 })),
  ...loginParams,
};

/** What `mysqlReplication` takes. */
export interface MysqlReplicationParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Makes this host's MariaDB server a replica of another one, by GTID, and keeps it one.
 *
 * The task changes only what differs. Before that it looks at this server's databases, accounts and GTIDs. With the
 * replication account it also looks at the primary's GTIDs, and at what the primary's binlogs still hold. The task
 * refuses a server that holds data which did not come from the primary, and leaves that server as it is. It also refuses
 * a server whose primary was reset, or restored to an earlier time. To find that out, it compares the times of up to
 * 1000 transactions of each domain, also when replication is running already. The task ends when both threads run.
 *
 * Removing replication loses nothing that this server has received. The task waits until all of it is applied. If the
 * applying thread has stopped, has failed or is delayed, the task fails and leaves replication as it is.
 *
 * The password is kept out of this server's logs. While the task sets it, users with the privilege PROCESS can see it in
 * the server's process list.
 *
 * A new replica is empty and reads everything from the primary's binlogs, so these must go back to the primary's
 * beginning. Grant the account BINLOG MONITOR as well as REPLICATION SLAVE: then the task checks this before it changes
 * anything.
 *
 * @example
 * await mysqlReplication({ primary: { host: "10.0.0.11", user: "replication", password: vars.replicationPassword } });
 */
export const mysqlReplication: Module<MysqlReplicationParams, MysqlReplicationValue> = defineModule({
  name: "mysqlReplication",
  summary: "Makes a MariaDB server the replica of another one, by GTID.",
  params,
  examples: [
    `mysqlReplication({ primary: { host: "10.0.0.11", user: "replication", password: vars.replicationPassword } })`,
    `mysqlReplication({ state: "absent" })`,
  ],
  title: ({ primary, state }) => (primary ? `${state} from ${primary.host}` : state),
  check: ({ state, primary, login }) => {
    checkLogin(login);
    if (state !== "absent" && !primary)
      fail(`primary: expected the primary's address and account, got nothing`);
    if (primary) checkReplicationPassword("primary.password", primary.password);
  },
  async *plan(host, p): Plan<MysqlReplicationValue> {
    const { state, primary } = p;
    const server = serverKey(p.login);
    const key = { server };
    const [own, now, password, history] = await Promise.all([
      reachable(host, server, { flavours: ["mariadb"] }),
      host.fact(mysqlReplica, key),
      host.fact(mysqlReplicaPassword, key),
      host.fact(mysqlHistory, key),
    ]);
    if (state === "absent" || !primary) {
      if (now) {
        const open = history?.replica && stuck(now, history.replica);
        if (open) host.require(false, open.problem, open.hint);
        yield change({
          what: "replication",
          before: `from ${now.host}:${now.port}`,
          after: "absent",
          script: takeAway(server, now, p.wait ?? 300),
          sets: [mysqlReplica.is(key, undefined), mysqlReplicaPassword.is(key, undefined)],
          // what it has received is applied first
          touches: [mysqlHistory.of(key), mysqlDatabase.of(), mysqlAccount.of()],
        });
      }
      return { state: "absent", primary: undefined, found: now ? runningState(now) : "absent" };
    }

    const want: WantedReplica = {
      host: primary.host,
      port: primary.port ?? 3306,
      user: primary.user,
      passwordId: markOf(primary.password),
      tls: primary.ssl,
      connectRetry: p.connectRetry,
      delay: p.delay,
    };
    const threads = state === "replicating" ? "running" : "stopped";
    let target: Replica = { ...targetOf(want, now), io: threads, sql: threads };
    let settings = now ? drift(now, target, want, password) : allSettings;
    const moved = settings.includes("host") || settings.includes("port");
    const asWanted = now?.io === threads && now.sql === threads;
    const version = own.running ? own.version : "";
    // an earlier task with ssl may have left settings of TLS, which this task no longer wants
    const leftover = now !== undefined && !primary.ssl && !isByItself(now.tls, version);
    const valueWith = (found: MysqlReplicationValue["found"]): MysqlReplicationValue => ({
      state,
      primary: `${want.host}:${want.port}`,
      found,
    });
    if (foundState(now, settings, asWanted) === "right" && !leftover) {
      const ssl = primary.ssl ?? (now?.tls.enabled ? unverified : undefined);
      const from = primaryKey(want, primary.password, ssl);
      if (state === "replicating") await requireSameHistory(host, { server, own, history, primary: from });
      return valueWith("right");
    }

    const prepare: Sql[] = [];
    let isReset = false;
    let notCompared: string | undefined;
    if (!now || moved || leftover || state === "replicating") {
      const found = await askPrimary(host, want, primary.password);
      if (!primary.ssl) {
        target = { ...target, tls: byItself(now?.tls, version, found.source, found.tlsOnly) };
        settings = now ? drift(now, target, want, password) : allSettings;
      }
      requireTls(host, want, target, found);
      const pair = { server, own, history, primary: found.key };
      const way = await findWay(host, pair, found.source, {
        configured: now !== undefined,
        resetHistory: p.resetHistory,
      });
      prepare.push(...stepsOf(way));
      isReset = way.kind === "reset";
      if (way.kind === "continue") notCompared = way.notCompared;
    }
    // a position in another host's binlogs means nothing here: replication must go by GTID
    const changed: readonly Setting[] =
      now && moved ? [...new Set<Setting>([...settings, "gtid"])] : settings;
    const assigned = isReset ? allSettings : changed;
    const stop = now && (now.io !== "stopped" || now.sql !== "stopped") ? [sql`STOP SLAVE`] : [];
    const configure = assigned.length > 0 ? [changeMaster(target, primary.password, assigned)] : [];
    // before anything stops, since it may be refused
    const quiet = assigned.includes("password") ? unlogged : [];
    const all = [...quiet, ...stop, ...prepare, ...configure];
    yield describeChange(now, target, settings, notCompared, {
      script:
        state === "replicating"
          ? startReplica(server, p.wait ?? 30, ...all)
          : runSql(server, statements(...all)),
      sets: [mysqlReplica.is(key, target), ...passwordAfter(server, settings, want)],
      // from now on the primary's data arrives here by itself
      touches: [mysqlHistory.of(key), mysqlTransactions.of(), mysqlDatabase.of(), mysqlAccount.of()],
    });
    return valueWith(foundState(now, settings, asWanted));
  },
});

function foundState(
  now: Replica | undefined,
  settings: readonly Setting[],
  asWanted: boolean,
): MysqlReplicationValue["found"] {
  if (!now) return "absent";
  if (settings.includes("host") || settings.includes("port")) return "repoint";
  if (settings.length > 0) return "drifted";
  if (asWanted) return "right";
  return runningState(now);
}

function runningState({ io, sql: apply }: Replica): "running" | "stopped" {
  return io === "running" && apply === "running" ? "running" : "stopped";
}
