/** The mysql modules on given facts: what they would change, and what they refuse. */
import { describe, expect, it } from "vitest";
import type { FactValue } from "../../src/core/facts/fact.ts";
import { type Account, mysqlAccount, parseMariadbAccount } from "../../src/facts/mysql/account.ts";
import { mysqlDatabase as databaseFact, mysqlDefaultCollation } from "../../src/facts/mysql/database.ts";
import { serverKey } from "../../src/facts/mysql/login.ts";
import { mysqlReplica, type Replica } from "../../src/facts/mysql/replica.ts";
import { mysqlServer, type Server } from "../../src/facts/mysql/server.ts";
import { mysqlVariable as variableFact } from "../../src/facts/mysql/variable.ts";
import { mysqlDatabase, mysqlPrimary, mysqlUser, mysqlVariable, type Task } from "../../src/index.ts";
import { nativePasswordHash } from "../../src/modules/mysql/native-password.ts";
import { markOf } from "../../src/secrets/mark.ts";
import { idempotenceLaw, planTask } from "../../src/testing/plan.ts";

const server = {};
const mariadb: Server = { running: true, flavour: "mariadb", version: "10.11.19" };
const stopped: Server = { running: false, problem: "ERROR 2002 (HY000): Can't connect" };

const facts = (state: Server = mariadb, readOnly = "OFF"): FactValue[] => [
  mysqlServer.is({ server }, state),
  variableFact.is({ server, name: "read_only" }, readOnly),
  variableFact.is({ server, name: "lower_case_table_names" }, "0"),
  variableFact.is({ server, name: "have_ssl" }, "YES"),
];

interface Case {
  readonly name: string;
  readonly task: () => Task<unknown>;
  readonly facts: readonly FactValue[];
  /** `what: before → after`. */
  readonly changes: readonly string[];
  /** What the scripts hold, of each change. */
  readonly scripts?: readonly string[];
}

const shown = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

function holds(cases: readonly Case[]): void {
  it.each(cases)("$name", async ({ task, facts, changes, scripts = [] }) => {
    const planned = await planTask(task(), { facts });
    expect(
      planned.changes.map(({ what, before, after }) => `${what}: ${shown(before)} → ${shown(after)}`),
    ).toEqual(changes);
    scripts.forEach((script, index) => {
      const { action } = planned.changes[index] ?? {};
      expect(action?.kind === "script" ? action.script.text : "").toContain(script);
    });
    await idempotenceLaw(task(), { facts });
  });
}

const database = (value: { encoding: string; collation: string } | undefined, name = "site"): FactValue[] => [
  ...facts(),
  databaseFact.is({ server, name }, value),
  mysqlDefaultCollation.is({ server, encoding: "utf8mb4" }, "utf8mb4_general_ci"),
  variableFact.is({ server, name: "character_set_server" }, "latin1"),
  variableFact.is({ server, name: "collation_server" }, "latin1_swedish_ci"),
];
const utf8 = { encoding: "utf8mb4", collation: "utf8mb4_general_ci" };

describe("mysqlDatabase", () => {
  holds([
    {
      name: "makes one with the server's own encoding",
      task: () => mysqlDatabase({ name: "site" }),
      facts: database(undefined),
      changes: ["database: absent → present, latin1, latin1_swedish_ci"],
      scripts: ["CREATE DATABASE `site`;"],
    },
    {
      name: "makes one with an encoding and its default collation",
      task: () => mysqlDatabase({ name: "site", encoding: "utf8mb4" }),
      facts: database(undefined),
      changes: ["database: absent → present, utf8mb4, utf8mb4_general_ci"],
    },
    {
      name: "makes one with a collation alone",
      task: () => mysqlDatabase({ name: "site", collation: "utf8mb4_bin" }),
      facts: database(undefined),
      changes: ["database: absent → present, utf8mb4, utf8mb4_bin"],
    },
    {
      name: "leaves one that is right",
      task: () => mysqlDatabase({ name: "site", encoding: "utf8mb4" }),
      facts: database({ encoding: "utf8mb4", collation: "utf8mb4_bin" }),
      changes: [],
    },
    {
      name: "leaves encoding and collation that are not given",
      task: () => mysqlDatabase({ name: "site" }),
      facts: database({ encoding: "ascii", collation: "ascii_bin" }),
      changes: [],
    },
    {
      name: "changes the encoding",
      task: () => mysqlDatabase({ name: "site", encoding: "utf8mb4" }),
      facts: database({ encoding: "latin1", collation: "latin1_swedish_ci" }),
      changes: ["encoding: latin1, latin1_swedish_ci → utf8mb4, utf8mb4_general_ci"],
    },
    {
      name: "drops one",
      task: () => mysqlDatabase({ name: "si`te", state: "absent" }),
      facts: database(utf8, "si`te"),
      changes: ["database: present → absent"],
      scripts: ["DROP DATABASE `si``te`;"],
    },
    {
      name: "leaves an absent one absent",
      task: () => mysqlDatabase({ name: "site", state: "absent" }),
      facts: database(undefined),
      changes: [],
    },
    {
      name: "keeps it out of the binlog",
      task: () => mysqlDatabase({ name: "site", sqlLogBin: false }),
      facts: [...database(undefined), variableFact.is({ server, name: "read_only" }, "ON")],
      changes: ["database: absent → present, latin1, latin1_swedish_ci"],
      scripts: ["SET SESSION sql_log_bin = 0;"],
    },
  ]);

  it.each([
    [() => mysqlDatabase({ name: "mysql" }), "mysql is a database of the server itself"],
    [() => mysqlDatabase({ name: "x", state: "absent", encoding: "utf8mb4" }), "has no encoding"],
    [() => mysqlDatabase({ name: "x", login: { socket: "/s", host: "h" } }), "exclude each other"],
    [() => mysqlDatabase({ name: "x", login: { port: 3307 } }), "a port needs a host"],
  ])("refuses %s", (make, problem) => {
    expect(make).toThrow(problem);
  });

  it.each([
    [
      "a server that does not answer",
      [...database(undefined), ...facts(stopped)],
      "does not answer: ERROR 2002",
    ],
    ["a read-only server", [...database(undefined), ...facts(mariadb, "ON")], "the server is read-only"],
  ])("refuses %s", async (_, given, problem) => {
    await expect(planTask(mysqlDatabase({ name: "site" }), { facts: given })).rejects.toThrow(problem);
  });
});

const account: Account = {
  authentication: [{ plugin: "mysql_native_password", hashId: markOf(nativePasswordHash("right-password")) }],
  tls: "none",
  privileges: { "`site`.*": ["SELECT"] },
};
const user = (value: Account | undefined, name = "site", host = "localhost"): FactValue[] => [
  ...facts(),
  mysqlAccount.is({ server, user: name, host }, value),
];

describe("mysqlUser", () => {
  it("knows a password by the hash that MariaDB makes of it", () => {
    // SELECT PASSWORD('mariadb')
    expect(nativePasswordHash("mariadb")).toBe("*54958E764CE10E50764C2EECBB71D01F08549980");
  });

  holds([
    {
      name: "makes an account with its privileges",
      task: () =>
        mysqlUser({
          name: "o'site",
          host: "10.%",
          password: "right-password",
          requireSsl: true,
          privileges: { "site.*": ["ALL"] },
        }),
      facts: user(undefined, "o'site", "10.%"),
      changes: ["account: absent → present", 'privileges on site.*: [] → ["ALL PRIVILEGES"]'],
      scripts: [
        `@'\\''10.%'\\'' IDENTIFIED VIA mysql_native_password USING '\\''*`,
        "GRANT ALL PRIVILEGES ON `site`.*",
      ],
    },
    {
      name: "leaves one that is right",
      task: () =>
        mysqlUser({ name: "site", password: "right-password", privileges: { "site.*": ["select"] } }),
      facts: user(account),
      changes: [],
    },
    {
      name: "changes the password alone",
      task: () =>
        mysqlUser({ name: "site", password: "other-password", privileges: { "site.*": ["SELECT"] } }),
      facts: user(account),
      changes: ["password: ******** → ********"],
    },
    {
      name: "leaves the password of one that is there, if told so",
      task: () => mysqlUser({ name: "site", password: "other-password", updatePassword: "onCreate" }),
      facts: user(account),
      changes: [],
    },
    {
      name: "gives one that is not there its password, if told to leave others'",
      task: () => mysqlUser({ name: "site", password: "right-password", updatePassword: "onCreate" }),
      facts: user(undefined),
      changes: ["account: absent → present"],
    },
    {
      name: "gives what is missing and takes what is too much",
      task: () => mysqlUser({ name: "site", privileges: { "*.*": ["PROCESS"] } }),
      facts: user(account),
      changes: ['privileges on *.*: [] → ["PROCESS"]', 'privileges on site.*: ["SELECT"] → []'],
    },
    {
      name: "only gives",
      task: () => mysqlUser({ name: "site", privileges: { "site.*": ["INSERT"] }, appendPrivileges: true }),
      facts: user(account),
      changes: ['privileges on site.*: ["SELECT"] → ["INSERT","SELECT"]'],
    },
    {
      name: "requires encryption",
      task: () => mysqlUser({ name: "site", requireSsl: true }),
      facts: user(account),
      changes: ["tls: none → ssl"],
    },
    {
      name: "is content with a certificate where encryption was asked for",
      task: () => mysqlUser({ name: "site", requireSsl: true }),
      facts: user({ ...account, tls: "x509" }),
      changes: [],
    },
    {
      name: "keeps the socket of who has it",
      task: () => mysqlUser({ name: "root", password: "right-password" }),
      facts: user({ ...account, authentication: [{ plugin: "unix_socket", hashId: "" }] }, "root"),
      changes: ["password: ******** → ********"],
      scripts: [" OR unix_socket"],
    },
    {
      name: "knows a host in capitals for the one that MariaDB keeps",
      task: () => mysqlUser({ name: "site", host: "Web1.Example.ORG", password: "right-password" }),
      facts: user(account, "site", "web1.example.org"),
      changes: [],
    },
    {
      name: "lets in by the socket",
      task: () => mysqlUser({ name: "backup", unixSocket: true }),
      facts: user(undefined, "backup"),
      changes: ["account: absent → present"],
      scripts: ["IDENTIFIED VIA unix_socket"],
    },
    {
      name: "drops one",
      task: () => mysqlUser({ name: "site", state: "absent" }),
      facts: user(account),
      changes: ["account: present → absent"],
    },
    {
      name: "leaves an absent one absent",
      task: () => mysqlUser({ name: "site", state: "absent" }),
      facts: user(undefined),
      changes: [],
    },
  ]);

  it("gives no password away in a change", async () => {
    const password = "canary in a plan";
    const { changes } = await planTask(mysqlUser({ name: "site", password }), { facts: user(undefined) });
    expect(JSON.stringify(changes)).not.toContain("canary");
  });

  it.each([
    [() => mysqlUser({ name: "x", password: "" }), "the password is empty"],
    [() => mysqlUser({ name: "x", password: "p", unixSocket: true }), "exclude each other"],
    [() => mysqlUser({ name: "x", privileges: { site: ["SELECT"] } }), "names no object"],
    [() => mysqlUser({ name: "x", updatePassword: "onCreate" }), 'updatePassword: "onCreate" needs password'],
    [() => mysqlUser({ name: "x", appendPrivileges: true }), "`appendPrivileges` needs `privileges`"],
  ])("refuses %s", (make, problem) => {
    expect(make).toThrow(problem);
  });

  it.each([
    ["an account without a password", user(undefined), "and no password is given for it"],
    [
      "MySQL",
      [...user(undefined), mysqlServer.is({ server }, { running: true, flavour: "mysql", version: "9.7" })],
      "works only on MariaDB",
    ],
  ])("refuses %s", async (_, given, problem) => {
    await expect(planTask(mysqlUser({ name: "site" }), { facts: given })).rejects.toThrow(problem);
  });

  it.each([
    [
      { plugin: "mysql_native_password", authentication_string: "*AB" },
      [["mysql_native_password", true]],
      "none",
    ],
    [
      {
        plugin: "mysql_native_password",
        authentication_string: "invalid",
        auth_or: [{}, { plugin: "unix_socket" }],
      },
      [
        ["mysql_native_password", true],
        ["unix_socket", false],
      ],
      "none",
    ],
    [{ plugin: "unix_socket", ssl_type: 2 }, [["unix_socket", false]], "x509"],
  ])("reads an account as MariaDB keeps it: %j", (stored, methods, tls) => {
    const read = parseMariadbAccount(JSON.stringify(stored));
    expect(read.authentication.map(({ plugin, hashId }) => [plugin, hashId !== ""])).toEqual(methods);
    expect(read.tls).toBe(tls);
  });
});

describe("a login", () => {
  it("is told apart by its password, which it does not show", () => {
    const one = serverKey({ host: "h", user: "u", password: "first-password" });
    const other = serverKey({ host: "h", user: "u", password: "other-password" });
    expect(one.passwordId).not.toBe(other.passwordId);
    expect(serverKey(undefined)).toEqual({});
  });
});

const variable = (name: string, value: string | undefined): FactValue[] => [
  ...facts(),
  variableFact.is({ server, name }, value),
];

describe("mysqlVariable", () => {
  holds([
    {
      name: "sets a number",
      task: () => mysqlVariable({ name: "max_connections", value: 5 }),
      facts: variable("max_connections", "151"),
      changes: ["max_connections: 151 → 5"],
      scripts: ["SET GLOBAL max_connections = 5;"],
    },
    {
      name: "leaves a number that is right",
      task: () => mysqlVariable({ name: "max_connections", value: "151" }),
      facts: variable("max_connections", "151"),
      changes: [],
    },
    {
      name: "turns a switch",
      task: () => mysqlVariable({ name: "READ_ONLY", value: true }),
      facts: variable("read_only", "OFF"),
      changes: ["read_only: OFF → ON"],
    },
    {
      name: "knows a switch by any of its values",
      task: () => mysqlVariable({ name: "read_only", value: 1 }),
      facts: variable("read_only", "ON"),
      changes: [],
    },
    {
      name: "knows a number with more decimals",
      task: () => mysqlVariable({ name: "long_query_time", value: 2 }),
      facts: variable("long_query_time", "2.000000"),
      changes: [],
    },
    {
      name: "tells numbers apart that begin alike",
      task: () => mysqlVariable({ name: "long_query_time", value: "2.5" }),
      facts: variable("long_query_time", "2.000000"),
      changes: ["long_query_time: 2.000000 → 2.500000"],
      scripts: ["= 2.5;"],
    },
    {
      name: "takes nothing for no number",
      task: () => mysqlVariable({ name: "init_connect", value: "" }),
      facts: variable("init_connect", "0"),
      changes: ["init_connect: 0 → "],
    },
    {
      name: "knows a name in capitals, however it is written",
      task: () => mysqlVariable({ name: "binlog_format", value: "row" }),
      facts: variable("binlog_format", "ROW"),
      changes: [],
    },
    {
      name: "tells what another name will be shown as",
      task: () => mysqlVariable({ name: "binlog_format", value: "mixed" }),
      facts: variable("binlog_format", "ROW"),
      changes: ["binlog_format: ROW → MIXED"],
    },
    {
      name: "knows several names in capitals",
      task: () => mysqlVariable({ name: "sql_mode", value: "strict_trans_tables,Ansi_Quotes" }),
      facts: variable("sql_mode", "STRICT_TRANS_TABLES,ANSI_QUOTES"),
      changes: [],
    },
    {
      name: "minds capitals in other text",
      task: () => mysqlVariable({ name: "init_connect", value: "set @a='b'" }),
      facts: variable("init_connect", "SET @A='B'"),
      changes: ["init_connect: SET @A='B' → set @a='b'"],
    },
    {
      name: "quotes text",
      task: () => mysqlVariable({ name: "init_connect", value: "SET @a='b'" }),
      facts: variable("init_connect", ""),
      changes: ["init_connect:  → SET @a='b'"],
    },
  ]);

  it("refuses a variable that there is not", async () => {
    await expect(
      planTask(mysqlVariable({ name: "nonsense", value: 1 }), { facts: variable("nonsense", undefined) }),
    ).rejects.toThrow("no variable nonsense");
  });
});

const replica: Replica = {
  host: "10.0.0.1",
  port: 3306,
  user: "replication",
  gtid: "slave_pos",
  tls: { enabled: false, ca: "", cert: "", key: "", verify: false },
  connectRetry: 60,
  delay: 0,
  io: "stopped",
  sql: "stopped",
  problem: "",
  ioError: 0,
};

describe("mysqlPrimary", () => {
  const given = (readOnly: string, now: Replica | undefined) => [
    ...facts(mariadb, readOnly),
    mysqlReplica.is({ server }, now),
  ];
  holds([
    {
      name: "lets a server that started read-only be written to",
      task: () => mysqlPrimary({}),
      facts: given("ON", undefined),
      changes: ["read_only: ON → OFF"],
    },
    {
      name: "leaves one in service",
      task: () => mysqlPrimary({}),
      facts: given("OFF", undefined),
      changes: [],
    },
  ]);

  it("refuses a replica, even a stopped one", async () => {
    await expect(planTask(mysqlPrimary({}), { facts: given("ON", replica) })).rejects.toThrow(
      "replicates from 10.0.0.1:3306",
    );
  });
});
