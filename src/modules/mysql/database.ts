import { mysqlDatabase as databaseFact, mysqlDefaultCollation } from "../../facts/mysql/database.ts";
import { mysqlHistory } from "../../facts/mysql/history.ts";
import { serverKey } from "../../facts/mysql/login.ts";
import { identifier, join, type Sql, sql } from "../../facts/mysql/sql.ts";
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
  Type,
} from "../../kit/index.ts";
import { checkLogin, loginParams } from "./login-param.ts";
import { writable } from "./server-guard.ts";
import { runStatements } from "./session.ts";

/** What `mysqlDatabase` gives. */
export interface MysqlDatabaseValue {
  /** The database's name, as the server writes it. */
  readonly name: string;
  /** Whether it is there. */
  readonly state: "present" | "absent";
  /** The character set; undefined if the database is absent, or where only a real run can tell the server's default. */
  readonly encoding: string | undefined;
  /** The collation of new tables; undefined if the database is absent, or where only a real run can tell. */
  readonly collation: string | undefined;
}

const params = {
  /** The database's name. */
  name: Type.String({ minLength: 1, maxLength: 64 }),
  /** Present, or absent: dropped with all its tables. Default: "present". */
  state: Param.state(),
  /** The character set, such as utf8mb4. Left out: as it is. */
  encoding: Type.Optional(Type.String({ pattern: "^[a-z0-9_]+$" })),
  /** The collation. Left out: as it is, or the default of the encoding if the encoding changes. */
  collation: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_]+$" })),
  /** false: the change is made on this server alone, and is not replicated. Default: true. */
  sqlLogBin: Param.flag(true),
  ...loginParams,
};

/** What `mysqlDatabase` takes. */
export interface MysqlDatabaseParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Makes a database, sets its character set and collation, or drops it.
 *
 * Encoding and collation are the defaults for new tables: existing tables keep theirs.
 *
 * @example
 * await mysqlDatabase({ name: "site", encoding: "utf8mb4" });
 */
export const mysqlDatabase: Module<MysqlDatabaseParams, MysqlDatabaseValue> = defineModule({
  name: "mysqlDatabase",
  summary: "Makes or drops a MySQL or MariaDB database.",
  params,
  examples: [`mysqlDatabase({ name: "site", encoding: "utf8mb4", collation: "utf8mb4_unicode_ci" })`],
  title: ({ name }) => name,
  check: ({ name, state, encoding, collation, login }) => {
    checkLogin(login);
    if (systemDatabases.includes(name.toLowerCase()))
      fail(`${name} is a database of the server itself, which no task changes`);
    if (state === "absent" && (encoding ?? collation) !== undefined)
      fail("a database that is absent has no encoding and no collation");
  },
  async *plan(host, p): Plan<MysqlDatabaseValue> {
    const { name, state, sqlLogBin } = p;
    const server = serverKey(p.login);
    const key = { server, name };
    const [found, now, own, serverEncoding, serverCollation] = await Promise.all([
      writable(host, server, sqlLogBin),
      host.fact(databaseFact, key),
      p.encoding === undefined
        ? undefined
        : host.fact(mysqlDefaultCollation, { server, encoding: p.encoding }),
      host.fact(mysqlVariable, { server, name: "character_set_server" }),
      host.fact(mysqlVariable, { server, name: "collation_server" }),
    ]);
    if (found.running && p.encoding !== undefined)
      host.require(
        own !== undefined,
        `the server knows no character set ${p.encoding}`,
        "SHOW CHARACTER SET lists them",
      );
    const touches = [mysqlHistory.of({ server })];

    if (state === "absent") {
      if (now)
        yield change({
          what: "database",
          before: "present",
          after: "absent",
          script: runStatements(server, sqlLogBin, sql`DROP DATABASE ${identifier(name)}`),
          sets: [databaseFact.is(key, undefined)],
          // privileges on the database stay
          touches,
        });
      return { name, state, encoding: undefined, collation: undefined };
    }

    // a collation's name begins with its character set's
    const encoding = p.encoding ?? p.collation?.split("_")[0] ?? now?.encoding ?? serverEncoding;
    const collation =
      p.collation ??
      (now && encoding === now.encoding ? now.collation : p.encoding === undefined ? serverCollation : own);
    const options = [
      p.encoding === undefined ? undefined : sql` CHARACTER SET ${p.encoding}`,
      p.collation === undefined ? undefined : sql` COLLATE ${p.collation}`,
    ].filter((option) => option !== undefined);
    const withOptions = (statement: Sql) => join([statement, ...options], "");
    const known = encoding !== undefined && collation !== undefined;
    if (!now)
      yield change({
        what: "database",
        before: "absent",
        after: known ? `present, ${encoding}, ${collation}` : "present",
        script: runStatements(server, sqlLogBin, withOptions(sql`CREATE DATABASE ${identifier(name)}`)),
        sets: known ? [databaseFact.is(key, { encoding, collation })] : [],
        touches: known ? touches : [databaseFact.of(key), ...touches],
      });
    else if (known && (encoding !== now.encoding || collation !== now.collation))
      yield change({
        what: "encoding",
        before: `${now.encoding}, ${now.collation}`,
        after: `${encoding}, ${collation}`,
        script: runStatements(server, sqlLogBin, withOptions(sql`ALTER DATABASE ${identifier(name)}`)),
        sets: [databaseFact.is(key, { encoding, collation })],
        touches,
      });
    return { name, state, encoding, collation };
  },
});

const systemDatabases = ["mysql", "information_schema", "performance_schema", "sys"];
