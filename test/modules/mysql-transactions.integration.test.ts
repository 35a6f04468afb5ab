/** A transaction carries the same time on every server that it reaches, whatever it is made of. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseGtids } from "../../src/facts/mysql/gtid.ts";
import { serverKey } from "../../src/facts/mysql/login.ts";
import { mysqlSource } from "../../src/facts/mysql/source.ts";
import {
  before,
  beginning,
  mysqlTransactions,
  type TransactionsKey,
} from "../../src/facts/mysql/transactions.ts";
import { LocalServer, serverInstalled } from "./mysql-local-server.ts";

/** Each takes more than a second from its first event to its end. */
const workload = `CREATE DATABASE site; USE site;
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v TEXT); CREATE TABLE m (v VARCHAR(99)) ENGINE=MyISAM;
BEGIN; INSERT INTO t (v) VALUES (1); SELECT SLEEP(1.1); INSERT INTO t (v) VALUES (2); COMMIT;
BEGIN; SAVEPOINT a; INSERT INTO t (v) VALUES (1); SAVEPOINT b; SELECT SLEEP(1.1); INSERT INTO t (v) VALUES (2); ROLLBACK TO b; COMMIT;
BEGIN; INSERT INTO t (v) VALUES (1); SELECT SLEEP(1.1); INSERT INTO m VALUES (1); COMMIT;
SET binlog_format = STATEMENT; BEGIN; INSERT INTO t (v) VALUES (RAND()); SELECT SLEEP(1.1); INSERT INTO t (v) VALUES (2); COMMIT;
SET binlog_format = ROW; SET TIMESTAMP = 1600000000; INSERT INTO t (v) VALUES ('past'); SET TIMESTAMP = DEFAULT;
CREATE TABLE c AS SELECT SLEEP(1.1) AS a; ALTER TABLE c ADD b INT; DROP TABLE c;
XA START 'x'; INSERT INTO t (v) VALUES ('xa'); SELECT SLEEP(1.1); XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x';
CREATE USER someone@localhost; DROP USER someone@localhost;
INSERT INTO t (v) SELECT 'line
#261130  8:05:09 server id 1  end_log_pos 1 CRC32 0x00000000 \tGTID 0-1-99 trans
#261130  8:05:09 server id 1  end_log_pos 2 CRC32 0x00000000 \tXid = 1
' FROM seq_1_to_1000; DELETE FROM t;`;

const { source } = mysqlTransactions;

async function read(
  key: TransactionsKey,
  alter = (script: string) => script,
): Promise<ReadonlyMap<string, string>> {
  if (!("parse" in source)) throw new Error("it is read by a script");
  const input = alter(source.script([key]).text);
  const answer = source.parse(execFileSync("sh", { input }), [key]).get(key);
  if (!answer || !("read" in answer) || !answer.read) throw new Error(JSON.stringify(answer));
  return answer.times;
}

describe.skipIf(!serverInstalled || process.getuid?.() !== 0)("transactions", { timeout: 60_000 }, () => {
  const one = new LocalServer(1);
  const two = new LocalServer(2, ["--slave-parallel-threads=4", "--slave-parallel-mode=optimistic"]);
  const last = (server: LocalServer) => server.query("SELECT @@gtid_current_pos");
  beforeAll(async () => {
    await Promise.all([one.start(), two.start()]);
    one.query("CREATE USER repl@'%' IDENTIFIED BY 'p'; GRANT REPLICATION SLAVE ON *.* TO repl@'%'");
    two.query(`CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${one.port}, MASTER_USER = 'repl',
      MASTER_PASSWORD = 'p', MASTER_USE_GTID = slave_pos, MASTER_SSL_VERIFY_SERVER_CERT = 0; START SLAVE`);
  }, 90_000);
  afterAll(async () => {
    await Promise.all([one.stop(), two.stop()]);
  });

  it("have the same times on both servers", async () => {
    one.query(workload);
    await expect.poll(() => last(two), { timeout: 30_000 }).toBe(last(one));
    const [here, there] = await Promise.all(
      [two, one].map(({ login }) => read({ server: serverKey(login), after: beginning, count: 1000 })),
    );
    expect(here?.size).toBeGreaterThan(15);
    expect(here).toEqual(there);
    expect(here?.has("0-1-99")).toBe(false);
  });

  it("are found where another server wrote the one before", async () => {
    two.query("STOP SLAVE; INSERT INTO site.m VALUES ('on the new primary'), ('too')");
    const end = last(two);
    const key = { server: serverKey(two.login), after: before(parseGtids(end), 1), count: 1 };
    const all = await read({ ...key, after: beginning, count: 1000 });
    expect([...(await read(key))]).toEqual([[end, all.get(end)]]);
    expect([...(await read({ ...key, after: end }))]).toEqual([]);
  });

  it("are read as a replica reads them: by the account that replicates, over the network", async () => {
    const server = serverKey({ host: "127.0.0.1", port: one.port, user: "repl", password: "p" });
    expect((await read({ server, after: beginning, count: 3 })).size).toBe(3);
    const other = serverKey({ host: "127.0.0.1", port: one.port, user: "repl", password: "wrong" });
    await expect(read({ server: other, after: beginning, count: 1 })).rejects.toThrow("Access denied");
    await expect(read({ server, after: "0-7-3", count: 1 })).rejects.toThrow("not in the master's binlog");
  });

  it("are read no further than is needed, however large they are", async () => {
    one.query("RESET MASTER; CREATE TABLE site.large (v BLOB)");
    const insert = "INSERT INTO large SELECT REPEAT('x', 8000) FROM seq_1_to_500;";
    one.query(`USE site; BEGIN; ${insert.repeat(40)} COMMIT`);
    const sent = () => Number(one.query("SHOW GLOBAL STATUS LIKE 'Bytes_sent'").split(/\s+/)[1]);
    const before = sent();
    const server = serverKey(one.login);
    expect([...(await read({ server, after: "0-1-1", count: 1 })).keys()]).toEqual(["0-1-2"]);
    expect((await read({ server, after: beginning, count: 1000 })).size).toBe(2);
    await expect.poll(() => one.query("SHOW PROCESSLIST")).not.toContain("Binlog Dump");
    expect(sent() - before).toBeLessThan(100 * 1024 * 1024);
  });

  it("are not read on, once the last one was found, where a single large statement follows", async () => {
    one.query("RESET MASTER; INSERT INTO site.m VALUES ('the first')");
    one.query("INSERT INTO site.large SELECT REPEAT('x', 8000) FROM site.seq_1_to_30000");
    const sent = () => Number(one.query("SHOW GLOBAL STATUS LIKE 'Bytes_sent'").split(/\s+/)[1]);
    const before = sent();
    const found = await read({ server: serverKey(one.login), after: beginning, count: 1 });
    expect([...found.keys()]).toEqual(["0-1-1"]);
    await expect.poll(() => one.query("SHOW PROCESSLIST")).not.toContain("Binlog Dump");
    expect(sent() - before).toBeLessThan(100 * 1024 * 1024);
  });

  it("are not waited for where a server has gone silent", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => silent.once("listening", listening));
    const { port } = silent.address() as AddressInfo;
    const server = serverKey({ host: "127.0.0.1", port, user: "repl", password: "p" });
    const sooner = (script: string) => script.replace("timeout 20 ", "timeout 1 ");
    await expect(read({ server, after: beginning, count: 1 }, sooner)).rejects.toThrow(
      "no answer within 20 seconds",
    );
    silent.close();
  });

  describe("of a tool that fails", () => {
    const directory = mkdtempSync(join(tmpdir(), "mysql-tool-"));
    afterAll(() => rmSync(directory, { recursive: true }));
    const key = { server: serverKey(one.login), after: beginning, count: 5 };
    const readBy = (tool: string) => {
      writeFileSync(join(directory, "mariadb-binlog"), `#!/bin/sh\n${tool}\n`, { mode: 0o755 });
      return read(key, (script) => `PATH=${directory}:$PATH\n${script.replace("timeout 20 ", "timeout 1 ")}`);
    };
    const event = "#261130  8:05:09 server id 1  end_log_pos 1 CRC32 0x00000000";
    const first = `echo '${event} GTID 0-1-1 trans'; echo '${event} Query'`;

    it("the error is what it says, and not what a statement holds", async () => {
      const fails = `echo 'ERROR: the connection went' >&2; ${first}; echo "SELECT 'unknown ERROR'"; exit 1`;
      await expect(readBy(fails)).rejects.toThrow('"problem":"ERROR: the connection went"');
    });

    it("what came in time is kept", async () => {
      expect([...(await readBy(`${first}; exec sleep 99`)).keys()]).toEqual(["0-1-1"]);
    });
  });

  it("tell where a server was filled by a copy: its first binlog begins later than a domain does", () => {
    one.query("RESET MASTER; INSERT INTO site.m VALUES ('the first')");
    expect(oldest()).toBe("");
    one.query("RESET MASTER; SET SESSION gtid_seq_no = 76; INSERT INTO site.m VALUES ('after a copy')");
    expect(oldest()).toBe("0-1-75");
  });

  function oldest(): string | undefined {
    const key = { server: serverKey(one.login) };
    if (!("parse" in mysqlSource.source)) throw new Error("it is read by a script");
    const answer = execFileSync("sh", { input: mysqlSource.source.script([key]).text });
    const found = mysqlSource.source.parse(answer, [key]).get(key);
    return found && "reached" in found && found.reached ? found.oldest : undefined;
  }
});
