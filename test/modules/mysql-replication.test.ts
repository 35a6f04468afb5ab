/** Replication: GTIDs, what differs, which way leads to the primary, and what is refused. */
import { describe, expect, it } from "vitest";
import type { FactValue } from "../../src/core/facts/fact.ts";
import { errantGtids, formatGtids, parseGtids, purgedGtids } from "../../src/facts/mysql/gtid.ts";
import { type History, mysqlHistory } from "../../src/facts/mysql/history.ts";
import { serverKey } from "../../src/facts/mysql/login.ts";
import { mysqlReplica, mysqlReplicaPassword, type Replica } from "../../src/facts/mysql/replica.ts";
import { mysqlServer } from "../../src/facts/mysql/server.ts";
import { mysqlSource, type Source } from "../../src/facts/mysql/source.ts";
import { mysqlTransactions, type Transactions } from "../../src/facts/mysql/transactions.ts";
import { mysqlReplication } from "../../src/index.ts";
import { wayTo } from "../../src/modules/mysql/replication-states.ts";
import { placesFor } from "../../src/modules/mysql/same-history.ts";
import { markOf } from "../../src/secrets/mark.ts";
import { idempotenceLaw, planTask } from "../../src/testing/plan.ts";

const server = {};
const primary = { host: "10.0.0.1", user: "repl", password: "the-password" };
const login = serverKey({ ...primary, port: 3306 });
const overTls = serverKey({ ...primary, port: 3306, ssl: { verify: false } });
const ssl = { ca: "/etc/ca.pem" };
const withSsl = serverKey({ ...primary, port: 3306, ssl });

const source: Source & { reached: true } = {
  reached: true,
  version: "10.11.19-MariaDB",
  tls: false,
  serverId: 1,
  binlog: true,
  binlogState: "0-1-100",
  oldest: "",
};
const empty: History = {
  serverId: 2,
  binlog: true,
  slavePosition: "",
  currentPosition: "",
  binlogState: "",
  replica: undefined,
  databases: [],
  accounts: [],
};
const following: History = {
  ...empty,
  slavePosition: "0-1-90",
  currentPosition: "0-1-90",
  binlogState: "0-1-90",
  databases: ["site"],
  accounts: ["site@%"],
};
const right: Replica = {
  host: "10.0.0.1",
  port: 3306,
  user: "repl",
  gtid: "slave_pos",
  tls: { enabled: false, ca: "", cert: "", key: "", verify: false },
  connectRetry: 60,
  delay: 0,
  io: "running",
  sql: "running",
  problem: "",
  ioError: 0,
};

describe("GTIDs", () => {
  const lists = (text: string) => parseGtids(text);
  it("are read and written", () => {
    expect(formatGtids(lists("0-1-18446744073709551615,1-2-3"))).toBe("0-1-18446744073709551615,1-2-3");
    expect(lists("")).toEqual([]);
  });

  it.each([
    { mine: "", theirs: "0-1-5", errant: "" },
    { mine: "0-1-5", theirs: "0-1-5", errant: "" },
    { mine: "0-1-6", theirs: "0-1-5", errant: "0-1-6" },
    { mine: "0-2-1", theirs: "0-1-5", errant: "0-2-1" },
    { mine: "0-1-3,0-2-4", theirs: "0-1-9,0-2-4", errant: "" },
    { mine: "1-1-1", theirs: "0-1-5", errant: "1-1-1" },
  ])("of $mine, $theirs lacks '$errant'", ({ mine, theirs, errant }) => {
    expect(formatGtids(errantGtids(lists(mine), lists(theirs)))).toBe(errant);
  });

  it.each([
    { position: "", oldest: "", missing: "" },
    { position: "", oldest: "0-1-5", missing: "0-1-5" },
    { position: "0-1-5", oldest: "0-1-5", missing: "" },
    { position: "0-3-9", oldest: "0-1-5", missing: "" },
    { position: "0-1-4", oldest: "0-1-5", missing: "0-1-5" },
    { position: "0-1-9", oldest: "0-1-5,1-1-2", missing: "1-1-2" },
  ])("at $position, with binlogs from $oldest, misses '$missing'", ({ position, oldest, missing }) => {
    expect(formatGtids(purgedGtids(lists(position), lists(oldest)))).toBe(missing);
  });
});

describe("the way to a primary", () => {
  const options = { configured: false, resetHistory: false };
  it.each([
    [
      "an empty server begins",
      empty,
      source,
      options,
      { kind: "continue", position: "", setPosition: false },
    ],
    [
      "what a package wrote is forgotten",
      { ...empty, currentPosition: "0-2-3", binlogState: "0-2-3" },
      source,
      options,
      { kind: "reset", forgotten: "0-2-3" },
    ],
    [
      "a replica goes on where it was",
      following,
      source,
      options,
      { kind: "continue", position: "0-1-90", setPosition: false },
    ],
    [
      "a former primary attaches where its own binlog ends",
      { ...following, slavePosition: "", currentPosition: "0-1-90" },
      source,
      options,
      { kind: "continue", position: "0-1-90", setPosition: true },
    ],
    [
      "accounts may be forgotten if the user says so",
      { ...empty, binlogState: "0-2-3", accounts: ["a@b"] },
      source,
      { ...options, resetHistory: true },
      { kind: "reset", forgotten: "0-2-3" },
    ],
    [
      "a primary that hides its binlogs is tried",
      empty,
      { ...source, oldest: undefined },
      options,
      { kind: "continue", position: "", setPosition: false },
    ],
  ])("%s", (_, history, from, given, expected) => {
    expect(wayTo(from, history, given)).toEqual(expected);
  });

  it.each([
    [
      "data that came from elsewhere",
      { ...empty, databases: ["shop", "blog"] },
      source,
      options,
      "the databases shop, blog, which did not come from the primary",
    ],
    [
      "accounts that came from elsewhere",
      { ...empty, accounts: ["a@b"] },
      source,
      options,
      "the account a@b",
    ],
    [
      "data with GTIDs of its own",
      { ...following, binlogState: "0-1-90,0-2-91" },
      source,
      options,
      "diverged: this one has 0-2-91",
    ],
    [
      "data even if history may be reset",
      { ...following, binlogState: "0-2-91" },
      source,
      { ...options, resetHistory: true },
      "the database site",
    ],
    [
      "accounts with GTIDs of their own",
      { ...empty, binlogState: "0-2-3", accounts: ["a@b"] },
      source,
      options,
      "the account a@b",
    ],
    [
      "a replica that diverged",
      { ...empty, binlogState: "0-2-3" },
      source,
      { ...options, configured: true },
      "diverged",
    ],
    [
      "a replica ahead of a rebuilt primary",
      following,
      { ...source, binlogState: "0-1-4" },
      options,
      "this one has 0-1-90",
    ],
    [
      "an empty server where the primary purged",
      empty,
      { ...source, oldest: "0-1-50" },
      options,
      "the replica stands at the beginning, the primary's oldest binlog begins after 0-1-50",
    ],
    ["the same server id", { ...empty, serverId: 1 }, source, options, "both servers have server_id 1"],
    [
      "a primary without a binlog",
      empty,
      { ...source, binlog: false },
      options,
      "the primary writes no binlog",
    ],
  ])("refuses %s", (_, history, from, given, problem) => {
    const way = wayTo(from, history, given);
    expect(way).toMatchObject({ kind: "refuse", problem: expect.stringContaining(problem) });
  });
});

interface Given {
  readonly replica?: Replica | undefined;
  readonly password?: string | undefined;
  readonly history?: History;
  readonly from?: Source;
  readonly key?: typeof login;
  /** What the primary says over TLS to a task without ssl. */
  readonly encrypted?: Source;
  readonly version?: string;
  readonly mine?: Transactions;
  readonly theirs?: Transactions;
}

/** Transactions, each with the second of a minute in which it was made. */
const madeAt = (seconds: Readonly<Record<string, number>>): Transactions => ({
  read: true,
  times: new Map(
    Object.entries(seconds).map(([gtid, second]) => [gtid, `2026-11-30 08:00:${second + 10} UTC`]),
  ),
});
const shared = madeAt({ "0-1-89": 3, "0-1-90": 4 });

const facts = ({
  replica,
  password,
  history = following,
  from = source,
  key = login,
  encrypted = { reached: false, problem: "no TLS" },
  version = "10.11.19",
  mine = shared,
  theirs = shared,
}: Given = {}): FactValue[] => [
  mysqlServer.is({ server }, { running: true, flavour: "mariadb", version }),
  mysqlReplica.is({ server }, replica),
  mysqlReplicaPassword.is({ server }, password),
  mysqlHistory.is({ server }, history),
  mysqlSource.is({ server: key }, from),
  mysqlSource.is({ server: overTls }, encrypted),
  ...[true, false].flatMap((joining) =>
    placesFor(history.currentPosition, joining).flatMap((place) => [
      mysqlTransactions.is({ server, ...place }, mine),
      mysqlTransactions.is({ server: key, ...place }, theirs),
      mysqlTransactions.is({ server: overTls, ...place }, theirs),
    ]),
  ),
];
const withFiles: Replica = {
  ...right,
  tls: { enabled: true, ca: "/etc/ca.pem", cert: "", key: "", verify: true },
};
const byItself: Replica = { ...right, tls: { enabled: true, ca: "", cert: "", key: "", verify: true } };
const tlsSource = { ...source, tls: true };
const newSource = { ...tlsSource, version: "11.8.9-MariaDB" };
const stored = markOf(primary.password);
type Params = Parameters<typeof mysqlReplication>[0];

describe("mysqlReplication", () => {
  it.each<{
    name: string;
    params?: Params;
    given: Given;
    changes: string[];
    found: string;
    has?: string;
    hasNot?: string;
  }>([
    {
      name: "sets up an empty server, with certificate checks spelled out",
      given: { history: empty },
      changes: ["replication"],
      found: "absent",
      has: "MASTER_USE_GTID = slave_pos, MASTER_SSL = 0, MASTER_SSL_CA = '\\'''\\'', MASTER_SSL_CERT = '\\'''\\'', MASTER_SSL_KEY = '\\'''\\'', MASTER_SSL_VERIFY_SERVER_CERT = 0",
      hasNot: "RESET MASTER",
    },
    {
      name: "forgets what a fresh server's package wrote",
      given: { history: { ...empty, binlogState: "0-2-1" } },
      changes: ["replication"],
      found: "absent",
      has: "RESET MASTER;",
    },
    {
      name: "leaves a replica that is right",
      given: { replica: right, password: stored },
      changes: [],
      found: "right",
    },
    {
      name: "leaves a replica that is right and whose primary can't be asked",
      given: {
        replica: right,
        password: stored,
        from: { reached: false, problem: "down" },
        theirs: { read: false, problem: "down" },
      },
      changes: [],
      found: "right",
    },
    {
      name: "goes on where no transaction is in both binlogs any more, as after a copy",
      given: { replica: { ...right, io: "stopped", sql: "stopped" }, password: stored, mine: madeAt({}) },
      changes: ["threads"],
      found: "stopped",
    },
    {
      name: "starts a stopped replica without setting anything",
      given: { replica: { ...right, io: "stopped", sql: "stopped" }, password: stored },
      changes: ["threads"],
      found: "stopped",
      has: "START SLAVE",
      hasNot: "CHANGE MASTER",
    },
    {
      name: "starts one whose applying thread ended with an error",
      given: { replica: { ...right, sql: "stopped", problem: "Duplicate entry" }, password: stored },
      changes: ["threads"],
      found: "stopped",
    },
    {
      name: "changes a user alone",
      given: { replica: { ...right, user: "other" }, password: stored },
      changes: ["user"],
      found: "drifted",
      has: "CHANGE MASTER TO MASTER_USER = '\\''repl'\\'';",
    },
    {
      name: "changes a password alone",
      given: { replica: right, password: markOf("old-password") },
      changes: ["password"],
      found: "drifted",
      hasNot: "MASTER_HOST",
    },
    {
      name: "takes a password that it can't read for right while the primary takes it",
      given: { replica: right, password: undefined },
      changes: [],
      found: "right",
    },
    {
      name: "takes a password that it can't read for wrong once the primary refuses it",
      given: { replica: { ...right, io: "connecting", ioError: 1045 }, password: undefined },
      changes: ["password"],
      found: "drifted",
    },
    {
      name: "follows another primary by GTID",
      given: { replica: { ...right, host: "10.0.0.9" }, password: stored },
      changes: ["host"],
      found: "repoint",
      has: "CHANGE MASTER TO MASTER_HOST = '\\''10.0.0.1'\\'', MASTER_USE_GTID = slave_pos;",
    },
    {
      name: "turns on encryption",
      params: { primary: { ...primary, ssl } },
      given: { replica: right, password: stored, from: tlsSource, key: withSsl },
      changes: ["tls, ca, verify"],
      found: "drifted",
      has: "MASTER_SSL = 1, MASTER_SSL_CA = '\\''/etc/ca.pem'\\'', MASTER_SSL_VERIFY_SERVER_CERT = 1;",
    },
    {
      name: "turns off what ssl has turned on, where servers don't encrypt by themselves",
      given: { replica: withFiles, password: stored, from: tlsSource },
      changes: ["tls, ca, verify"],
      found: "drifted",
      has: "MASTER_SSL = 0, MASTER_SSL_CA = '\\'''\\'', MASTER_SSL_VERIFY_SERVER_CERT = 0;",
    },
    {
      name: "turns off what ssl has turned on without files",
      given: { replica: { ...right, tls: { ...withFiles.tls, ca: "", verify: false } }, password: stored },
      changes: ["tls"],
      found: "drifted",
    },
    {
      name: "goes back from ssl to what servers do by themselves",
      given: { replica: withFiles, password: stored, from: newSource, version: "11.8.9" },
      changes: ["ca"],
      found: "drifted",
      has: "CHANGE MASTER TO MASTER_SSL_CA = '\\'''\\'';",
    },
    {
      name: "leaves what servers do by themselves",
      given: { replica: byItself, password: stored, version: "11.8.9" },
      changes: [],
      found: "right",
    },
    {
      name: "leaves a replica in the clear whose server could encrypt",
      given: { replica: right, password: stored, version: "11.8.9" },
      changes: [],
      found: "right",
    },
    {
      name: "sets up what servers do by themselves",
      given: { history: empty, from: newSource, version: "11.8.9" },
      changes: ["replication"],
      found: "absent",
      has: "MASTER_SSL = 1, MASTER_SSL_CA = '\\'''\\'', MASTER_SSL_CERT = '\\'''\\'', MASTER_SSL_KEY = '\\'''\\'', MASTER_SSL_VERIFY_SERVER_CERT = 1",
    },
    {
      name: "sets up without the encryption that its primary can't do by itself",
      given: { history: empty, from: tlsSource, version: "11.8.9" },
      changes: ["replication"],
      found: "absent",
      has: "MASTER_SSL = 0",
    },
    {
      name: "encrypts by itself where the account requires it",
      given: {
        replica: { ...right, io: "connecting" },
        password: stored,
        from: { reached: false, problem: "ERROR 1045" },
        encrypted: newSource,
        version: "11.8.9",
      },
      changes: ["tls, verify"],
      found: "drifted",
    },
    {
      name: "gives up the encryption that its primary no longer offers",
      given: {
        replica: { ...byItself, io: "connecting" },
        password: stored,
        from: { ...newSource, tls: false },
        version: "11.8.9",
      },
      changes: ["tls, verify"],
      found: "drifted",
    },
    {
      name: "has it stay behind on purpose",
      params: { primary, delay: 3600 },
      given: { replica: right, password: stored },
      changes: ["delay"],
      found: "drifted",
      has: "CHANGE MASTER TO MASTER_DELAY = 3600;",
    },
    {
      name: "leaves a delay that it is not told about",
      given: { replica: { ...right, delay: 60 }, password: stored },
      changes: [],
      found: "right",
    },
    {
      name: "stops a running replica",
      params: { primary, state: "stopped" },
      given: { replica: right, password: stored },
      changes: ["threads"],
      found: "running",
      has: "STOP SLAVE",
      hasNot: "START SLAVE",
    },
    {
      name: "leaves a stopped replica stopped",
      params: { primary, state: "stopped" },
      given: { replica: { ...right, io: "stopped", sql: "stopped" }, password: stored },
      changes: [],
      found: "right",
    },
    {
      name: "takes replication away and keeps the data",
      params: { state: "absent" },
      given: { replica: right, password: stored },
      changes: ["replication"],
      found: "running",
      has: "RESET SLAVE ALL;",
      hasNot: "DROP",
    },
    {
      name: "leaves no replication absent",
      params: { state: "absent" },
      given: {},
      changes: [],
      found: "absent",
    },
  ])("$name", async ({ params = { primary }, given, changes, found, has = "", hasNot = "never" }) => {
    const task = () => mysqlReplication(params);
    const planned = await planTask(task(), { facts: facts(given) });
    expect(planned.changes.map(({ what }) => what)).toEqual(changes);
    expect(planned.value.found).toBe(found);
    const scripts = planned.changes.map(({ action }) => (action.kind === "script" ? action.script.text : ""));
    for (const script of scripts) {
      expect(script).toContain(has);
      expect(script).not.toContain(hasNot);
    }
    expect(JSON.stringify(planned.changes.map(({ before, after }) => [before, after]))).not.toContain(
      "the-password",
    );
    await idempotenceLaw(task(), { facts: facts(given) });
  });

  it("begins anew on a server without data whose primary has another history, if the user says so", async () => {
    const given: Given = {
      replica: { ...right, io: "stopped", sql: "stopped" },
      password: stored,
      history: { ...following, databases: [] },
      theirs: madeAt({ "0-1-90": 9 }),
    };
    const { changes } = await planTask(mysqlReplication({ primary, resetHistory: true }), {
      facts: facts(given),
    });
    expect(JSON.stringify(changes)).toContain("RESET MASTER;");
  });

  it("says so where it can't be told whether the history is the same", async () => {
    const { changes } = await planTask(mysqlReplication({ primary }), { facts: facts({ mine: madeAt({}) }) });
    expect(changes[0]?.after).toBe(
      "from 10.0.0.1:3306 (histories not compared: this server's binlogs hold none of the transactions that it has)",
    );
  });

  it.each<[string, Params, Given, string]>([
    ["data of its own", { primary }, { history: { ...empty, databases: ["shop"] } }, "shop"],
    [
      "a stopped replica that diverged",
      { primary },
      { replica: { ...right, io: "stopped" }, history: { ...following, binlogState: "0-2-91" } },
      "diverged",
    ],
    [
      "a new primary that lacks what it has",
      { primary },
      { replica: { ...right, host: "10.0.0.9" }, from: { ...source, binlogState: "0-1-4" } },
      "diverged",
    ],
    [
      "a primary that does not answer",
      { primary },
      { from: { reached: false, problem: "ERROR 2003" } },
      "can't be reached from here: ERROR 2003",
    ],
    [
      "a primary that refuses the account",
      { primary },
      { from: { reached: false, problem: "ERROR 1045" } },
      "does not let repl in from here: ERROR 1045",
    ],
    [
      "to replicate in the clear where TLS is wanted",
      { primary: { ...primary, ssl } },
      { replica: right, password: stored, from: source, key: withSsl },
      "the primary 10.0.0.1:3306 offers no TLS",
    ],
    [
      "an account that requires TLS, without it",
      { primary },
      { history: empty, from: { reached: false, problem: "ERROR 1045" }, encrypted: tlsSource },
      "the primary 10.0.0.1:3306 lets repl in only over TLS",
    ],
    [
      "a primary that was reset, and has written beyond this replica",
      { primary },
      { theirs: madeAt({ "0-1-90": 9 }) },
      "0-1-90 was made at 2026-11-30 08:00:14 UTC here, and was made at 2026-11-30 08:00:19 UTC there (this replica stands at 0-1-90, the primary has 0-1-100)",
    ],
    [
      "the same of a replica that runs again by itself",
      { primary },
      { replica: right, password: stored, theirs: madeAt({ "0-1-89": 3, "0-1-90": 9 }) },
      "10.0.0.1:3306 has another history",
    ],
    [
      "databases if the history is another, even if it may be reset",
      { primary, resetHistory: true },
      { theirs: madeAt({ "0-1-90": 9 }) },
      "another history",
    ],
    [
      "what can't be compared, since a server can't be asked",
      { primary },
      { theirs: { read: false, problem: "mariadb-binlog is not installed here" } },
      "the primary's binlogs can't be read: mariadb-binlog is not installed here",
    ],
  ])("refuses %s", async (_, params, given, problem) => {
    await expect(planTask(mysqlReplication(params), { facts: facts(given) })).rejects.toThrow(problem);
  });

  it.each<[Params, string]>([
    [{}, "expected the primary's address"],
    [
      { primary: { ...primary, password: "x".repeat(97) } },
      "primary.password: expected 1 to 96 bytes, MariaDB's limit for a replication password, got 97",
    ],
    [{ primary: { ...primary, password: "ä".repeat(49) } }, "got 98"],
    [{ primary: { ...primary, password: "key \u{1f511}" } }, "expected characters up to U+FFFF"],
    [{ primary: { ...primary, password: "two\nlines" } }, "expected no control characters"],
  ])("refuses parameters %#", (params, problem) => {
    expect(() => mysqlReplication(params)).toThrow(problem);
  });
});
