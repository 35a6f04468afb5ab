import { type Account, type Authentication, mysqlAccount } from "../../facts/mysql/account.ts";
import { settlePrivileges } from "../../facts/mysql/grants.ts";
import { mysqlHistory } from "../../facts/mysql/history.ts";
import { serverKey } from "../../facts/mysql/login.ts";
import { join, type Sql, sql } from "../../facts/mysql/sql.ts";
import { mysqlVariable } from "../../facts/mysql/variable.ts";
import {
  change,
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type RequiredInput,
  reveal,
  SecretString,
  type Static,
  secret,
  type TObject,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { markOf } from "../../kit/own.ts";
import { checkLogin, loginParams } from "./login-param.ts";
import { nativePasswordHash } from "./native-password.ts";
import { parsePrivileges, privilegeDifferences } from "./privileges.ts";
import { keepsSmallLetters, writable } from "./server-guard.ts";
import { runStatements } from "./session.ts";

/** What `mysqlUser` gives. */
export interface MysqlUserValue {
  /** The account's name. */
  readonly user: string;
  /** From where the account may connect, in small letters, as MariaDB keeps it. */
  readonly host: string;
  /** Whether it is there. */
  readonly state: "present" | "absent";
}

const params = {
  /** The account's user. */
  name: Type.String({ minLength: 1, maxLength: 80 }),
  /** From where the account may connect: a host name, an address, or a pattern with % and _. Default: "localhost". */
  host: withDefault(Type.String({ minLength: 1, maxLength: 255 }), "localhost"),
  /** Whether there is such an account. Default: "present". */
  state: Param.state(),
  /** The account's password. A new account needs this or unixSocket. */
  password: Type.Optional(SecretString()),
  /** `onCreate`: an existing account keeps its password. Default: "always". */
  updatePassword: withDefault(Param.oneOf("always", "onCreate"), "always"),
  /** true: a user of the system who has the same name logs in without a password. Default: false. */
  unixSocket: Param.flag(),
  /**
   * All privileges of the account, by object, as in GRANT: { "site.*": ["SELECT", "INSERT"], "procedure site.tidy":
   * ["EXECUTE"], "*.*": ["PROCESS"] }. Small and capital letters make no difference in names of columns and routines.
   * All other privileges are revoked. Left out: as they are.
   */
  privileges: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1 })))),
  /** true: the account keeps all privileges that are not listed. Default: false. */
  appendPrivileges: Param.flag(),
  /** Whether the account's connections must be encrypted. Left out: as it is. */
  requireSsl: Type.Optional(Type.Boolean()),
  /** false: the change is made on this server alone, and is not replicated. Default: true. */
  sqlLogBin: Param.flag(true),
  ...loginParams,
};

/** What `mysqlUser` takes. */
export interface MysqlUserParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Makes a MariaDB account, gives it a password and exactly the privileges that are listed, or drops it.
 *
 * The password itself never reaches the server, only its hash (that of mysql_native_password). The task also compares by
 * the hash. So the password is in no process list, no general log and no binlog, where `IDENTIFIED BY` would leave it.
 *
 * @example
 * await mysqlUser({ name: "site", host: "10.0.0.%", password: vars.password, privileges: { "site.*": ["ALL"] } });
 */
export const mysqlUser: Module<MysqlUserParams, MysqlUserValue> = defineModule({
  name: "mysqlUser",
  summary: "Makes or drops a MariaDB account, with its password and privileges.",
  params,
  needs: { appendPrivileges: "privileges" },
  examples: [
    `mysqlUser({ name: "site", host: "10.0.0.%", password: vars.sitePassword, privileges: { "site.*": ["SELECT", "INSERT"] } })`,
    `mysqlUser({ name: "prometheus", unixSocket: true, privileges: { "*.*": ["PROCESS", "BINLOG MONITOR"] } })`,
  ],
  title: ({ name, host }) => `${name}@${host}`,
  check: (p) => {
    checkLogin(p.login);
    if (p.password !== undefined && reveal(p.password) === "")
      fail(`${p.name}: the password is empty`, "an empty password lets anybody in");
    if (p.password !== undefined && p.unixSocket)
      fail("password and unixSocket exclude each other", "make an account for each of the two");
    if (p.updatePassword === "onCreate" && p.password === undefined)
      fail('updatePassword: "onCreate" needs password');
    parsePrivileges(p.privileges ?? {});
  },
  async *plan(host, p): Plan<MysqlUserValue> {
    const { name: user, state, sqlLogBin } = p;
    // as MariaDB keeps it, so that the account is found again
    const from = p.host.toLowerCase();
    const server = serverKey(p.login);
    const key = { server, user, host: from };
    const [, found, smallLetters, tlsOffered] = await Promise.all([
      writable(host, server, sqlLogBin, { flavours: ["mariadb"] }),
      host.fact(mysqlAccount, key),
      keepsSmallLetters(host, server),
      p.requireSsl ? host.fact(mysqlVariable, { server, name: "have_ssl" }) : undefined,
    ]);
    const account = sql`${user}@${from}`;
    const value: MysqlUserValue = { user, host: from, state };
    const make = (what: string, before: unknown, after: unknown, next: Account | undefined, ...all: Sql[]) =>
      change({
        what,
        before,
        after,
        script: runStatements(server, sqlLogBin, ...all),
        sets: [mysqlAccount.is(key, next)],
        touches: [mysqlHistory.of({ server })],
      });

    if (state === "absent") {
      if (found) yield make("account", "present", "absent", undefined, sql`DROP USER ${account}`);
      return value;
    }

    if (p.requireSsl && (found === undefined || found.tls === "none"))
      host.require(
        tlsOffered === undefined || tlsOffered === "YES",
        `the server offers no TLS, so ${user}@${from} could no longer log in`,
        "give the server a certificate first: ssl_cert and ssl_key in its configuration, and a restart",
      );
    const method = methodOf(p);
    const tls = p.requireSsl ? "ssl" : "none";
    const require = p.requireSsl ? sql`REQUIRE SSL` : sql`REQUIRE NONE`;
    let now = found ?? { authentication: method ? [method.shown] : [], tls, privileges: {} };
    if (!found) {
      const hint = "give password or unixSocket";
      if (!method) fail(`${user}@${from} does not exist, and no password is given for it`, hint);
      const create = sql`CREATE USER ${account} IDENTIFIED VIA ${method.text} ${require}`;
      yield make("account", "absent", "present", now, create);
    } else if (method && p.updatePassword === "always" && !has(now, method)) {
      // an account that logs in over the socket, such as root, must still be able to once it has a password
      const bySocket = now.authentication.some(({ plugin }) => plugin === "unix_socket");
      const methods = bySocket && method !== socketMethod ? [method, socketMethod] : [method];
      const list = join(
        methods.map(({ text }) => text),
        " OR ",
      );
      now = { ...now, authentication: methods.map(({ shown }) => shown) };
      const what = p.password === undefined ? "authentication" : "password";
      yield make(what, hidden, hidden, now, sql`ALTER USER ${account} IDENTIFIED VIA ${list}`);
    }

    // an account that must show a certificate asks for more than encryption: it stays so
    if (p.requireSsl !== undefined && p.requireSsl === (now.tls === "none")) {
      const before = now.tls;
      now = { ...now, tls };
      yield make("tls", before, tls, now, sql`ALTER USER ${account} ${require}`);
    }

    if (p.privileges) {
      const wanted = parsePrivileges(p.privileges, smallLetters);
      const differences = privilegeDifferences(account, now.privileges, wanted, p.appendPrivileges);
      for (const { object, before, after, statements } of differences) {
        now = { ...now, privileges: settlePrivileges({ ...now.privileges, [object]: after }) };
        yield make(`privileges on ${object.replaceAll("`", "")}`, before, after, now, ...statements);
      }
    }
    return value;
  },
});

const hidden = "********";

interface Method {
  readonly text: Sql;
  readonly shown: Authentication;
}

const socketMethod: Method = { text: sql`unix_socket`, shown: { plugin: "unix_socket", hashId: "" } };

function methodOf({ password, unixSocket }: Static<TObject<typeof params>>): Method | undefined {
  if (password === undefined) return unixSocket ? socketMethod : undefined;
  const hash = nativePasswordHash(password);
  return {
    // nobody may see the hash either: whoever knows the hash can log in with it
    text: sql`mysql_native_password USING ${secret(hash)}`,
    shown: { plugin: "mysql_native_password", hashId: markOf(hash) },
  };
}

function has({ authentication }: Account, { shown: { plugin, hashId } }: Method): boolean {
  return authentication.some((one) => one.plugin === plugin && one.hashId === hashId);
}
