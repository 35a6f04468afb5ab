/** The modules on a real server of this machine. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysqlDatabase, mysqlPrimary, mysqlReplication, mysqlUser, mysqlVariable } from "../../src/index.ts";
import { LocalServer, runHere, serverInstalled } from "./mysql-local-server.ts";

const asRoot = process.getuid?.() === 0;

describe.skipIf(!serverInstalled || !asRoot)("on a MariaDB server", { timeout: 30_000 }, () => {
  const server = new LocalServer(1);
  const { login } = server;
  beforeAll(() => server.start(), 60_000);
  afterAll(() => server.stop());

  it.each([
    { name: "site" },
    { name: "odd`name' \\ é", encoding: "latin1" },
    { name: "cased", encoding: "utf8mb4", collation: "utf8mb4_bin" },
  ])("makes a database, once: $name", async (params) => {
    const task = () => mysqlDatabase({ ...params, login });
    const planned = await runHere([task()], { check: true });
    expect(planned.tasks).toEqual(["mysqlDatabase: changed"]);
    expect((await runHere([task()])).tasks).toEqual(["mysqlDatabase: changed"]);
    expect((await runHere([task()])).tasks).toEqual(["mysqlDatabase: ok"]);
    expect(server.query("SHOW DATABASES")).toContain(params.name.replaceAll("\\", "\\\\"));
  });

  it("changes a database's encoding and drops it", async () => {
    const to = (collation: string) => mysqlDatabase({ name: "moving", collation, login });
    expect((await runHere([to("utf8mb4_bin"), to("latin1_bin")])).changes).toEqual(["database", "encoding"]);
    const away = () => mysqlDatabase({ name: "moving", state: "absent", login });
    expect((await runHere([away(), away()])).tasks).toEqual(["mysqlDatabase: changed", "mysqlDatabase: ok"]);
  });

  it.each([
    "plain-password",
    'it\'s "quoted"',
    "back\\slash",
    "#hash ;semi $(id) `x`",
    "päss wörd\u{1f511}",
    "tab\tnew\nline",
  ])("gives an account a password that lets it in: %j", async (password) => {
    const task = () =>
      mysqlUser({ name: "guest", host: "%", password, privileges: { "site.*": ["SELECT"] }, login });
    const first = await runHere([task()]);
    expect(first.error).toBeUndefined();
    expect(server.lets("guest", password)).toBe(true);
    expect((await runHere([task()])).tasks).toEqual(["mysqlUser: ok"]);
    expect(first.emitted).not.toContain(JSON.stringify(password).slice(1, -1));
  });

  it("logs in with any password itself", async () => {
    const password = "l#og 'in\" \\ ß";
    await runHere([
      mysqlUser({
        name: "boss",
        host: "127.0.0.1",
        password,
        privileges: { "*.*": ["ALL", "GRANT OPTION"] },
        login,
      }),
    ]);
    const tcp = { host: "127.0.0.1", port: server.port, user: "boss", password };
    const ran = await runHere([mysqlDatabase({ name: "byboss", login: tcp })]);
    expect(ran.error).toBeUndefined();
    expect(server.query("SHOW DATABASES LIKE 'byboss'")).toBe("byboss");
    const wrong = await runHere([
      mysqlDatabase({ name: "byboss", login: { ...tcp, password: "not-that-one" } }),
    ]);
    expect(wrong.error).toContain("Access denied");
    expect(wrong.emitted).not.toContain("not-that-one");
    server.query("DROP DATABASE byboss");
  });

  it("leaves no password in the binlog", async () => {
    await runHere([mysqlUser({ name: "quiet", password: "never-in-the-binlog", login })]);
    expect(server.query("SHOW BINLOG EVENTS LIMIT 100000")).toContain("'quiet'");
    expect(server.query("SHOW BINLOG EVENTS LIMIT 100000")).not.toContain("never-in-the-binlog");
  });

  it("gives exactly the privileges that are listed", async () => {
    server.query(`CREATE DATABASE IF NOT EXISTS my_app; CREATE TABLE IF NOT EXISTS my_app.t (a INT, b INT);
      CREATE PROCEDURE my_app.tidy() SELECT 1; CREATE ROLE reader;
      CREATE USER worker@'10.%'; GRANT ALL ON site.* TO worker@'10.%'; GRANT INSERT (b), UPDATE ON my_app.t TO worker@'10.%';
      GRANT SELECT ON my_app.* TO worker@'10.%'; GRANT reader TO worker@'10.%'; GRANT PROCESS ON *.* TO worker@'10.%'`);
    const task = () =>
      mysqlUser({
        name: "worker",
        host: "10.%",
        password: "workers",
        privileges: {
          "my_app.*": ["select", "show view"],
          "my_app.t": ["SELECT (a, b)", "INSERT"],
          "procedure my_app.tidy": ["EXECUTE"],
          "site.*": ["SELECT", "GRANT OPTION"],
          "*.*": ["REPLICATION CLIENT"],
        },
        login,
      });
    const ran = await runHere([task()]);
    expect(ran.error).toBeUndefined();
    expect((await runHere([task()])).tasks).toEqual(["mysqlUser: ok"]);
    const grants = server
      .query("SHOW GRANTS FOR worker@'10.%'")
      .split("\n")
      .map((line) => line.replaceAll("\\\\", "\\"));
    expect(
      grants.map((line) => line.replace(/ IDENTIFIED BY.*/, "").replaceAll(" TO `worker`@`10.%`", "")).sort(),
    ).toEqual(
      [
        "GRANT BINLOG MONITOR ON *.*",
        "GRANT EXECUTE ON PROCEDURE `my_app`.`tidy`",
        "GRANT SELECT (`a`, `b`), INSERT ON `my_app`.`t`",
        "GRANT SELECT ON `site`.* WITH GRANT OPTION",
        "GRANT SELECT, SHOW VIEW ON `my\\_app`.*",
        "GRANT `reader`",
      ].sort(),
    );
    const more = () => mysqlUser({ name: "worker", host: "10.%", privileges: { "site.*": ["ALL"] }, login });
    const append = () =>
      mysqlUser({
        name: "worker",
        host: "10.%",
        privileges: { "*.*": ["PROCESS"] },
        appendPrivileges: true,
        login,
      });
    expect((await runHere([append(), append()])).tasks).toEqual(["mysqlUser: changed", "mysqlUser: ok"]);
    expect((await runHere([more(), more()])).tasks).toEqual(["mysqlUser: changed", "mysqlUser: ok"]);
    expect(server.query("SHOW GRANTS FOR worker@'10.%'").split("\n")).toHaveLength(3);
  });

  it("knows routines and columns in any letters", async () => {
    server.query(`CREATE DATABASE Shop; CREATE TABLE Shop.orders (Id INT, Title TEXT);
      CREATE PROCEDURE Shop.TidyUp() SELECT 1; CREATE FUNCTION Shop.countAll() RETURNS INT DETERMINISTIC RETURN 1;
      CREATE USER clerk@localhost; GRANT SELECT (TITLE), INSERT (Id) ON Shop.orders TO clerk@localhost`);
    const task = (title: string) =>
      mysqlUser({
        name: "clerk",
        password: "only-a-test",
        privileges: {
          "procedure Shop.TidyUp": ["EXECUTE"],
          "function Shop.COUNTALL": ["EXECUTE"],
          "Shop.orders": [`SELECT (${title}, id)`],
        },
        login,
      });
    const ran = await runHere([task("Title"), task("Title"), task("title")]);
    expect(ran.error).toBeUndefined();
    expect(ran.tasks).toEqual(["changed", "ok", "ok"].map((status) => `mysqlUser: ${status}`));
    server.query("FLUSH PRIVILEGES");
    expect((await runHere([task("Title")])).tasks).toEqual(["mysqlUser: ok"]);
    expect(server.query("SHOW GRANTS FOR clerk@localhost")).toMatch(
      /GRANT SELECT \([^)]*\) ON `Shop`.`orders`/,
    );
  });

  it("knows databases and tables in any letters, where the server keeps them in small ones", async () => {
    const small = new LocalServer(5, ["--lower-case-table-names=1"]);
    await small.start();
    try {
      const tasks = () => [
        mysqlDatabase({ name: "Shop", login: small.login }),
        mysqlUser({
          name: "clerk",
          password: "only-a-test",
          privileges: { "Shop.*": ["SELECT"], "Shop.Orders": ["INSERT"], "Tenant_%.*": ["SELECT"] },
          login: small.login,
        }),
      ];
      await runHere(tasks().slice(0, 1));
      small.query("CREATE TABLE shop.orders (id INT)");
      const ran = await runHere([...tasks(), ...tasks()]);
      expect(ran.error).toBeUndefined();
      expect(ran.tasks).toEqual([
        "mysqlDatabase: ok",
        "mysqlUser: changed",
        "mysqlDatabase: ok",
        "mysqlUser: ok",
      ]);
      const away = () => mysqlDatabase({ name: "SHOP", state: "absent", login: small.login });
      expect((await runHere([away(), away()])).tasks).toEqual([
        "mysqlDatabase: changed",
        "mysqlDatabase: ok",
      ]);
    } finally {
      await small.stop();
    }
  });

  it("locks nobody out by requiring an encryption that the server does not offer", async () => {
    const task = (requireSsl: boolean) =>
      mysqlUser({ name: "tls", password: "encrypted", requireSsl, login });
    await runHere([task(false)]);
    for (const check of [true, false]) {
      const ran = await runHere([task(true)], { check });
      expect(ran.error).toContain("the server offers no TLS, so tls@localhost could no longer log in");
    }
    expect(server.lets("tls", "encrypted")).toBe(true);
  });

  it("does not lock root out of the socket by a password", async () => {
    const ran = await runHere([mysqlUser({ name: "root", password: "roots-own", login })]);
    expect(ran.error).toBeUndefined();
    expect(ran.changes).toEqual(["password"]);
    expect(server.query("SELECT CURRENT_USER()")).toBe("root@localhost");
    const socket = () => mysqlUser({ name: "root", unixSocket: true, login });
    expect((await runHere([socket()])).tasks).toEqual(["mysqlUser: ok"]);
  });

  it("finds an account again whose host was written in capitals", async () => {
    const task = (state: "present" | "absent") =>
      mysqlUser(
        state === "absent"
          ? { name: "capital", host: "Web1.Example.ORG", state, login }
          : { name: "capital", host: "Web1.Example.ORG", password: "capital-password", login },
      );
    const ran = await runHere([task("present"), task("present"), task("absent")]);
    expect(ran.error).toBeUndefined();
    expect(ran.tasks).toEqual(["mysqlUser: changed", "mysqlUser: ok", "mysqlUser: changed"]);
    expect(server.query("SELECT COUNT(*) FROM mysql.user WHERE User = 'capital'")).toBe("0");
  });

  it("drops an account, once", async () => {
    const task = () => mysqlUser({ name: "gone", state: "absent", login });
    expect(
      (await runHere([mysqlUser({ name: "gone", password: "short-lived", login }), task(), task()])).tasks,
    ).toEqual(["mysqlUser: changed", "mysqlUser: changed", "mysqlUser: ok"]);
  });

  it("makes an account on this server alone", async () => {
    const before = server.query("SELECT @@gtid_binlog_pos");
    await runHere([mysqlUser({ name: "local", password: "only-here", sqlLogBin: false, login })]);
    expect(server.query("SELECT @@gtid_binlog_pos")).toBe(before);
    expect(server.query("SELECT COUNT(*) FROM mysql.user WHERE User = 'local'")).toBe("1");
  });

  it.each([
    { name: "max_connections", value: 77 },
    { name: "Slow_Query_Log", value: true },
    { name: "read_only", value: "0" },
    { name: "general_log_file", value: "it's.log" },
    { name: "long_query_time", value: 2.5 },
    { name: "tx_isolation", value: "read-committed" },
  ])("sets a variable: $name", async (params) => {
    const task = () => mysqlVariable({ ...params, login });
    const ran = await runHere([task(), task()]);
    expect(ran.error).toBeUndefined();
    expect(ran.tasks.at(-1)).toBe("mysqlVariable: ok");
  });

  it("puts a primary in service, and writes nothing before", async () => {
    server.query("SET GLOBAL read_only = ON");
    const early = await runHere([mysqlDatabase({ name: "early", login })]);
    expect(early.error).toContain("read-only");
    const ran = await runHere([
      mysqlPrimary({ login }),
      mysqlDatabase({ name: "early", login }),
      mysqlPrimary({ login }),
    ]);
    expect(ran.tasks).toEqual(["mysqlPrimary: changed", "mysqlDatabase: changed", "mysqlPrimary: ok"]);
  });

  describe("the user's own option files", () => {
    const home = process.env["HOME"];
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "mysql-home-"));
      process.env["HOME"] = folder;
    });
    afterAll(() => {
      process.env["HOME"] = home;
      rmSync(folder, { recursive: true });
    });
    const write = (...lines: string[]) =>
      writeFileSync(join(folder, ".my.cnf"), lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });

    it.each([
      "force",
      "html",
      "xml",
      "skip-line-numbers",
      "database=nowhere",
      "delimiter=//",
      "execute=SELECT 1",
      "init-command=SELECT 'first'",
      "one-database",
      "host=192.0.2.1",
      "protocol=TCP",
      "ssl-mode=REQUIRED",
      "no-such-option=1",
    ])("have no part in what a task does: %s", async (line) => {
      server.query("DROP USER IF EXISTS clerk@localhost");
      write("[client]", `socket=${server.socket}`, "[mysql]", line);
      const grant = (object: string) =>
        mysqlUser({ name: "clerk", password: "only-a-test", privileges: { [object]: ["SELECT"] } });
      const made = await runHere([grant("site.*"), grant("site.*")]);
      expect(made.error).toBeUndefined();
      expect(made.tasks).toEqual(["mysqlUser: changed", "mysqlUser: ok"]);
      expect((await runHere([grant("nowhere.nothing")])).error).toContain("ERROR 1146 (42S02)");
    });

    it("say as whom to log in, unless the task does", async () => {
      const password = "own #file 'of\" \\ ß";
      await runHere([
        mysqlUser({ name: "boss", password, privileges: { "*.*": ["ALL", "GRANT OPTION"] }, login }),
      ]);
      const line = (name: string, value: string) => `${name} = "${value.replace(/["\\]/g, "\\$&")}"`;
      write("[client]", line("socket", server.socket), "user=boss", "[mysql]", line("password", password));
      const account = (loginOfTask?: typeof login) =>
        mysqlVariable({ name: "init_connect", value: "", ...(loginOfTask ? { login: loginOfTask } : {}) });
      expect((await runHere([account()])).error).toBeUndefined();
      write("[client]", line("socket", server.socket), "user=boss", line("password", "not-that-one"));
      const wrong = await runHere([account()]);
      expect(wrong.error).toContain("Access denied for user 'boss'@'localhost'");
      expect(wrong.hint).toContain(".my.cnf");
      expect((await runHere([account(login)])).error).toBeUndefined();
    });
  });

  it("says what is wrong where no server answers", async () => {
    const ran = await runHere([mysqlDatabase({ name: "x", login: { socket: "/nonexistent/sock" } })]);
    expect(ran.error).toContain("the server does not answer: ERROR 2002");
    expect(ran.hint).toContain("started");
  });

  it("shows the server's own message", async () => {
    const ran = await runHere([
      mysqlDatabase({ name: "y", encoding: "utf8mb4", collation: "latin1_bin", login }),
    ]);
    expect(ran.error).toContain("COLLATION 'latin1_bin' is not valid");
  });
});

describe.skipIf(!serverInstalled || !asRoot)("a replica and its primary", { timeout: 60_000 }, () => {
  let primary: LocalServer;
  let replica: LocalServer;
  const password = "replication 'canary' #1";
  beforeAll(async () => {
    primary = new LocalServer(1);
    replica = new LocalServer(2);
    await Promise.all([primary.start(), replica.start()]);
    primary.query(
      "CREATE DATABASE site; CREATE TABLE site.notes (id INT PRIMARY KEY); INSERT INTO site.notes VALUES (1)",
    );
    await runHere([account(password)]);
  }, 60_000);
  afterAll(() => Promise.all([primary.stop(), replica.stop()]));

  const account = (secret: string, name = "repl") =>
    mysqlUser({
      name,
      host: "%",
      password: secret,
      privileges: { "*.*": ["REPLICATION SLAVE", "BINLOG MONITOR"] },
      login: primary.login,
    });
  const replicate = (
    changed: Partial<Parameters<typeof mysqlReplication>[0]> = {},
    from: { user?: string; password?: string; host?: string; port?: number } = {},
  ) =>
    mysqlReplication({
      primary: { host: "127.0.0.1", port: primary.port, user: "repl", password, ...from },
      login: replica.login,
      ...changed,
    });
  const status = (name: string) =>
    replica
      .query("SHOW ALL SLAVES STATUS", "--vertical")
      .split("\n")
      .find((line) => line.includes(` ${name}: `))
      ?.split(": ")[1];

  it("refuses what came from elsewhere and leaves it untouched", async () => {
    replica.query("CREATE DATABASE foreign_data");
    const before = replica.query("SELECT @@gtid_binlog_pos");
    for (const check of [true, false]) {
      const ran = await runHere([replicate()], { check });
      expect(ran.error).toContain("0-2-1");
      expect(ran.error).toContain("foreign_data");
      expect(ran.hint).toContain("nothing was changed");
    }
    expect((await runHere([replicate({ resetHistory: true })])).error).toContain("foreign_data");
    expect(replica.query("SELECT @@gtid_binlog_pos")).toBe(before);
    expect(replica.query("SHOW ALL SLAVES STATUS")).toBe("");
    replica.query("DROP DATABASE foreign_data");
  });

  it("refuses accounts and GTIDs of its own unless they may be forgotten", async () => {
    replica.query("CREATE USER mine@localhost");
    expect((await runHere([replicate()])).error).toContain("mine@localhost");
    replica.query("DROP USER mine@localhost");
  });

  it("refuses a primary that does not know the account", async () => {
    const ran = await runHere([replicate({}, { password: "wrong-canary-password" })]);
    expect(ran.error).toContain("Access denied");
    expect(ran.emitted).not.toContain("wrong-canary-password");
    expect(replica.query("SHOW ALL SLAVES STATUS")).toBe("");
  });

  it("begins with what the package wrote forgotten, and replicates", async () => {
    expect(replica.query("SELECT @@gtid_binlog_state")).not.toBe("");
    const planned = await runHere([replicate()], { check: true });
    expect(planned.tasks).toEqual(["mysqlReplication: changed"]);
    const ran = await runHere([replicate()]);
    expect(ran.error).toBeUndefined();
    expect(ran.changes).toEqual(["replication"]);
    await expect.poll(() => replica.query("SELECT id FROM site.notes")).toBe("1");
    expect(ran.emitted).not.toContain("canary");
  });

  it("is left alone when right", async () => {
    expect((await runHere([replicate()])).tasks).toEqual(["mysqlReplication: ok"]);
    expect((await runHere([replicate()], { check: true })).tasks).toEqual(["mysqlReplication: ok"]);
  });

  it("is started again where it was stopped", async () => {
    replica.query("STOP SLAVE");
    expect((await runHere([replicate()])).changes).toEqual(["threads"]);
    replica.query("STOP SLAVE SQL_THREAD");
    expect((await runHere([replicate()])).changes).toEqual(["threads"]);
    expect(status("Slave_SQL_Running")).toBe("Yes");
  });

  it.each([
    ["password", "MASTER_PASSWORD = 'another'"],
    ["user", "MASTER_USER = 'another'"],
    ["host", "MASTER_HOST = 'localhost'"],
    ["gtid", "MASTER_USE_GTID = no"],
    ["tls", "MASTER_SSL = 1"],
  ])("repairs a changed %s, and only that", async (setting, assignment) => {
    replica.query(`STOP SLAVE; CHANGE MASTER TO ${assignment}; START SLAVE`);
    primary.query("REPLACE INTO site.notes VALUES (2)");
    const ran = await runHere([replicate()]);
    expect(ran.error).toBeUndefined();
    expect(ran.changes).toEqual([setting]);
    expect((await runHere([replicate()])).tasks).toEqual(["mysqlReplication: ok"]);
  });

  it("takes the primary's new password", async () => {
    const next = "the-next-canary";
    const ran = await runHere([account(next), replicate({}, { password: next })]);
    expect(ran.error).toBeUndefined();
    expect(ran.changes).toEqual(["password", "password"]);
    expect(status("Slave_IO_Running")).toBe("Yes");
    await runHere([account(password), replicate()]);
  });

  it("takes a password as long as it can be, which is then in no log", async () => {
    const longest = `canary-${"ä".repeat(44)}z`;
    replica.query("SET GLOBAL general_log = ON, slow_query_log = ON, long_query_time = 0");
    const ran = await runHere([account(longest), replicate({}, { password: longest })]);
    replica.query("SET GLOBAL general_log = OFF, slow_query_log = OFF, long_query_time = 10");
    expect(ran.error).toBeUndefined();
    expect(status("Slave_IO_Running")).toBe("Yes");
    const [datadir = "", ...logs] = replica
      .query("SELECT @@datadir, @@general_log_file, @@slow_query_log_file")
      .split("\t");
    for (const log of logs) {
      const text = readFileSync(join(datadir, log), "utf8");
      // it was on, and goes on for others
      expect(text).toContain("SHOW");
      expect(text).not.toContain("canary");
    }
    await runHere([account(password), replicate()]);
  });

  it("stays behind on purpose, until told otherwise", async () => {
    const late = () => replicate({ delay: 3600 });
    const ran = await runHere([late(), late(), replicate()]);
    expect(ran.error).toBeUndefined();
    expect(ran.tasks).toEqual(["changed", "ok", "ok"].map((status) => `mysqlReplication: ${status}`));
    expect(status("SQL_Delay")).toBe("3600");
    expect((await runHere([replicate({ delay: 0 })])).changes).toEqual(["delay"]);
  });

  it("stops, and goes on where it was", async () => {
    const stopped = () => replicate({ state: "stopped" });
    expect((await runHere([stopped(), stopped()])).tasks).toEqual([
      "mysqlReplication: changed",
      "mysqlReplication: ok",
    ]);
    primary.query("INSERT INTO site.notes VALUES (10)");
    expect((await runHere([replicate()])).error).toBeUndefined();
    await expect.poll(() => replica.query("SELECT id FROM site.notes WHERE id = 10")).toBe("10");
  });

  it("goes away and comes back without a reset, since it has nothing of its own", async () => {
    const away = () => replicate({ state: "absent" });
    expect((await runHere([away(), away()])).tasks).toEqual([
      "mysqlReplication: changed",
      "mysqlReplication: ok",
    ]);
    primary.query("INSERT INTO site.notes VALUES (20)");
    expect((await runHere([replicate()])).error).toBeUndefined();
    await expect.poll(() => replica.query("SELECT id FROM site.notes WHERE id = 20")).toBe("20");
  });

  it("does not go away while it has received what it has not applied", async () => {
    const away = () => replicate({ state: "absent", wait: 20 });
    const write = (id: number) => primary.query(`INSERT INTO site.notes VALUES (${id})`);
    const has = (id: number) => replica.query(`SELECT id FROM site.notes WHERE id = ${id}`);
    const received = (id: number) =>
      expect
        .poll(() => status("Gtid_IO_Pos"))
        .toBe(primary.query("SELECT @@gtid_binlog_pos"))
        .then(() => id);

    replica.query("STOP SLAVE SQL_THREAD");
    write(30);
    await received(30);
    for (const check of [true, false]) {
      const ran = await runHere([away()], { check });
      expect(ran.error).toContain(`has received ${status("Gtid_IO_Pos")} and applied`);
      expect(ran.error).toContain("its applying thread does not run");
      expect(ran.hint).toContain("START SLAVE SQL_THREAD");
    }
    expect(status("Slave_IO_Running")).toBe("Yes");

    // both stopped, and the server started again: what it had received it then tells by the primary's binlogs
    replica.query("STOP SLAVE");
    const stopped = await runHere([away()]);
    expect(stopped.error).toContain("the transactions in between would be lost");
    expect(stopped.hint).toContain("copy the relay logs");
    expect((await runHere([replicate()])).error).toBeUndefined();
    await expect.poll(() => has(30)).toBe("30");

    expect((await runHere([replicate({ delay: 3600 })])).error).toBeUndefined();
    write(31);
    await received(31);
    const late = await runHere([away()]);
    expect(late.error).toContain("3600 s behind on purpose");
    expect((await runHere([replicate({ delay: 0 })])).error).toBeUndefined();
    await expect.poll(() => has(31)).toBe("31");

    // an applier that is merely busy is waited for
    const lock = spawn("mariadb", ["--no-defaults", "--unbuffered", `--socket=${replica.socket}`], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    lock.stdin.write("LOCK TABLES site.notes READ; SELECT 'locked';\n");
    await once(lock.stdout, "data");
    write(32);
    await received(32);
    const impatient = await runHere([replicate({ state: "absent", wait: 1 })]);
    expect(impatient.error).toContain("has not applied the rest within 1 s");
    expect(status("Slave_IO_Running")).not.toBe("No");
    setTimeout(() => lock.stdin.end("UNLOCK TABLES;\n"), 2500);
    const patient = await runHere([away()]);
    expect(patient.error).toBeUndefined();
    expect(patient.emitted).toContain("waiting for the applying thread: received 0-1-");
    expect(has(32)).toBe("32");
    expect(replica.query("SHOW ALL SLAVES STATUS")).toBe("");
    expect((await runHere([replicate()])).error).toBeUndefined();
  });

  it("does not follow another primary that lacks what it has received", async () => {
    const other = new LocalServer(4);
    await other.start();
    try {
      other.query(
        "CREATE USER repl@'%' IDENTIFIED BY 'x'; GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO repl@'%'",
      );
      const position = replica.query("SELECT @@gtid_slave_pos");
      other.query(`RESET MASTER; SET GLOBAL gtid_binlog_state = '${position}'`);
      replica.query("STOP SLAVE SQL_THREAD");
      primary.query("INSERT INTO site.notes VALUES (40)");
      await expect.poll(() => status("Gtid_IO_Pos")).toBe(primary.query("SELECT @@gtid_binlog_pos"));
      const ran = await runHere([replicate({}, { port: other.port, password: "x" })]);
      expect(ran.error).toContain(`this one has ${status("Gtid_IO_Pos")}`);
      expect((await runHere([replicate()])).error).toBeUndefined();
      await expect.poll(() => replica.query("SELECT id FROM site.notes WHERE id = 40")).toBe("40");
    } finally {
      await other.stop();
    }
  });

  it("refuses to go on once it has diverged", async () => {
    replica.query("STOP SLAVE; SET gtid_domain_id = 0; INSERT INTO site.notes VALUES (99)");
    const ran = await runHere([replicate()]);
    expect(ran.error).toContain("diverged");
    expect(status("Slave_IO_Running")).toBe("No");
  });

  it("refuses a server that replicates as a primary", async () => {
    expect((await runHere([mysqlPrimary({ login: replica.login })])).error).toContain(
      "replicates from 127.0.0.1",
    );
  });

  it("refuses a primary that has purged what it needs, and says so of one that may not be asked", async () => {
    const fresh = new LocalServer(3);
    await fresh.start();
    try {
      primary.query("FLUSH BINARY LOGS");
      // a binlog is kept for as long as a connection of the old replica still reads it
      await expect
        .poll(() => primary.query("PURGE BINARY LOGS TO 'bin.000002'; SHOW BINARY LOGS"), { timeout: 20_000 })
        .not.toContain("bin.000001");
      const ran = await runHere([replicate({ login: fresh.login })]);
      expect(ran.error).toContain("the primary no longer has what this replica needs");
      primary.query(
        "CREATE USER blind@'%' IDENTIFIED BY 'blind'; GRANT REPLICATION SLAVE ON *.* TO blind@'%'",
      );
      const blind = await runHere([replicate({ login: fresh.login }, { user: "blind", password: "blind" })]);
      expect(blind.error).toContain("Last_IO_Error");
    } finally {
      await fresh.stop();
    }
  });
});

describe.skipIf(!serverInstalled || !asRoot)("an encrypted replica", { timeout: 60_000 }, () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  let primary: LocalServer;
  const replica = new LocalServer(2);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mysql-tls-"));
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority");
    openssl("req", "-x509", ...key, "-keyout", "other.key", "-out", "other.pem", "-subj", "/CN=another");
    openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
    openssl(
      "x509",
      "-req",
      "-in",
      "server.csr",
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-out",
      "server.pem",
    );
    primary = new LocalServer(1, [`--ssl-cert=${file("server.pem")}`, `--ssl-key=${file("server.key")}`]);
    await Promise.all([primary.start(), replica.start()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([primary.stop(), replica.stop()]);
    rmSync(folder, { recursive: true });
  });

  const from = (ssl?: { ca: string; verify?: boolean }) =>
    mysqlReplication({
      primary: {
        host: "localhost",
        port: primary.port,
        user: "repl",
        password: "tls-password",
        ...(ssl ? { ssl } : {}),
      },
      login: replica.login,
    });

  const account = (requireSsl: boolean) =>
    mysqlUser({
      name: "repl",
      host: "%",
      password: "tls-password",
      requireSsl,
      privileges: { "*.*": ["REPLICATION SLAVE", "BINLOG MONITOR"] },
      login: primary.login,
    });
  const runs = () => replica.query("SHOW SLAVE STATUS", "--vertical").includes("Slave_IO_Running: Yes");

  it("replicates once the certificate is that of the primary", async () => {
    const made = await runHere([account(true)]);
    expect(made.error).toBeUndefined();
    expect((await runHere([from()])).error).toContain("lets repl in only over TLS");
    expect((await runHere([from({ ca: file("other.pem") })])).error).toMatch(/SSL|certificate/);
    const ran = await runHere([from({ ca: file("ca.pem") }), from({ ca: file("ca.pem") })]);
    expect(ran.error).toBeUndefined();
    expect(ran.tasks).toEqual(["mysqlReplication: changed", "mysqlReplication: ok"]);
    const relaxed = await runHere([from({ ca: file("ca.pem"), verify: false })]);
    expect(relaxed.error).toBeUndefined();
    expect(relaxed.changes).toEqual(["verify"]);
  });

  it("goes back to replication in the clear, and again to TLS", async () => {
    const off = () => [account(false), from()];
    const on = () => [from({ ca: file("ca.pem") }), account(true)];
    for (const [way, changes] of [
      [off, ["tls", "tls, ca"]],
      [on, ["tls, ca, verify", "tls"]],
      [off, ["tls", "tls, ca, verify"]],
    ] as const) {
      const ran = await runHere(way());
      expect(ran.error).toBeUndefined();
      expect(ran.changes).toEqual(changes);
      expect((await runHere(way())).changes).toEqual([]);
      // who has logged in stays in
      replica.query("STOP SLAVE; START SLAVE");
      await expect.poll(runs).toBe(true);
    }
  });

  it("does not replicate in the clear where TLS is wanted", async () => {
    const plain = new LocalServer(6);
    await plain.start();
    try {
      plain.query(
        "CREATE USER repl@'%' IDENTIFIED BY 'tls-password'; GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO repl@'%'; RESET MASTER",
      );
      const ran = await runHere([
        mysqlReplication({
          primary: {
            host: "127.0.0.1",
            port: plain.port,
            user: "repl",
            password: "tls-password",
            ssl: { verify: false },
          },
          login: replica.login,
        }),
      ]);
      expect(ran.error).toContain("offers no TLS");
    } finally {
      await plain.stop();
    }
  });
});
