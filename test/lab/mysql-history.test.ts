/** A primary that was reset, or restored to an earlier time, and then written to: its replicas must not follow it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysql } from "../../roles/mysql/index.ts";
import { play } from "../../src/core/plays/play.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("labhistory", 122, ["db1", "db2"]);
const replication = { user: "replication", password: "for replicas" };
const site = [
  play(
    "primary",
    { hosts: "db1", become: true },
    {
      mysql: () =>
        mysql({
          role: "primary",
          databases: [{ name: "site" }],
          replication: { ...replication, hosts: ["10.122.0.1_"] },
          settings: { innodb_buffer_pool_size: "32M" },
        }),
    },
  ),
  play(
    "replica",
    { hosts: "db2", become: true },
    { mysql: () => mysql({ role: "replica", replication: { ...replication, primary: "10.122.0.11" } }) },
  ),
];

const deploy = (check = false) => lab.run(site, { check, verify: true });

/** Each change of a run: `host module: what`. */
const changesOf = (ran: Ran) =>
  ran
    .of("task:end")
    .flatMap(({ host, task, changes }) => changes.map(({ what }) => `${host} ${task.module}: ${what}`));

const shell = async (host: string, script: string) =>
  (await runInside(lab.spec, host, ["sh", "-c", script])).trim();
const query = async (host: string, sql: string) =>
  (await runInside(lab.spec, host, ["mariadb", "--batch", "--skip-column-names", "-e", sql])).trim();

/** Writes on the primary, a transaction a row. */
const write = (rows: number) =>
  shell(
    "db1",
    `for i in $(seq ${rows}); do echo 'INSERT INTO site.notes (text) VALUES (NOW(6));'; done | mariadb`,
  );
/** A transaction's time is in whole seconds, and an empty server is reset or restored within one. */
const anotherSecond = () => shell("db1", "sleep 1.1");
const endOf = (host: string) => query(host, "SELECT @@gtid_current_pos");
const caughtUp = async () => {
  const end = await endOf("db1");
  await expect.poll(() => endOf("db2"), { timeout: 20_000 }).toBe(end);
};
const rows = () => Promise.all(["db1", "db2"].map((host) => query(host, "SELECT * FROM site.notes")));

/** What a run could change on either server. */
const state = () =>
  Promise.all(
    ["db1", "db2"].map(async (host) => [
      await query(host, "SELECT @@read_only, @@gtid_current_pos, @@gtid_binlog_state; SHOW DATABASES"),
      (await query(host, "SHOW ALL SLAVES STATUS")).split("\t").slice(0, 14).join(" "),
    ]),
  );

/** As the role's README tells it. */
async function copyToReplica(): Promise<void> {
  const dump = await shell(
    "db1",
    "mariadb-dump --single-transaction --master-data=1 --gtid --routines --events --triggers --databases site | base64 -w0",
  );
  await query(
    "db2",
    "STOP SLAVE; RESET SLAVE ALL; DROP DATABASE IF EXISTS site; RESET MASTER; SET GLOBAL gtid_slave_pos = ''",
  );
  await shell(
    "db2",
    `{ echo 'SET SESSION sql_log_bin = 0;'; echo ${dump} | base64 -d | sed 's/^CHANGE.MASTER.TO.MASTER_USE_GTID.*//'; } | mariadb`,
  );
}

async function expectRefusal(): Promise<string> {
  const before = await state();
  let error = "";
  for (const check of [true, false]) {
    const ran = await deploy(check);
    error = ran.errors.join();
    expect(error).toContain("the primary 10.122.0.11:3306 has another history than this replica");
    expect(error).toMatch(/db2: .*0-\d+-\d+ was made at \S+ \S+ UTC here/);
    expect(changesOf(ran)).toEqual([]);
  }
  expect(await state()).toEqual(before);
  return error;
}

describe("a primary that gives its numbers a second time", { timeout: 240_000 }, () => {
  beforeAll(() => lab.up(), 180_000);
  afterAll(() => lab.down(), 60_000);

  it("begins with a replica that has the same history, also when it is stopped, restarted or purged", async () => {
    expect((await deploy()).errors).toEqual([]);
    await query(
      "db1",
      "CREATE TABLE site.notes (id INT AUTO_INCREMENT PRIMARY KEY, text TEXT); BEGIN; INSERT INTO site.notes (text) VALUES ('long'); SELECT SLEEP(1.2); COMMIT",
    );
    await write(30);
    await caughtUp();
    expect(changesOf(await deploy())).toEqual([]);
    await query("db2", "STOP SLAVE");
    await write(5);
    expect(changesOf(await deploy())).toEqual(["db2 mysqlReplication: threads"]);
    await caughtUp();
    await runInside(lab.spec, "db2", ["systemctl", "restart", "mariadb"]);
    expect((await deploy()).errors).toEqual([]);
    await query("db2", "STOP SLAVE");
    await query("db1", "FLUSH BINARY LOGS; PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY");
    const purged = await deploy();
    expect(purged.errors).toEqual([]);
    expect(changesOf(purged)).toEqual(["db2 mysqlReplication: threads"]);
    await write(1);
    await caughtUp();
    expect(changesOf(await deploy())).toEqual([]);
  });

  it("is not followed once it was reset and has written beyond its replica", async () => {
    await query("db2", "STOP SLAVE");
    const stands = await endOf("db2");
    await query("db1", "RESET MASTER");
    await anotherSecond();
    await write(60);
    const error = await expectRefusal();
    expect(error).toContain(`this replica stands at ${stands}, the primary has ${await endOf("db1")}`);
  });

  it("is followed again by a replica with a new copy, and that one begins where the copy ends", async () => {
    await copyToReplica();
    const ran = await deploy();
    expect(ran.errors).toEqual([]);
    expect(changesOf(ran)).toEqual(["db2 mysqlReplication: replication"]);
    await write(3);
    await caughtUp();
    const [primary, replica] = await rows();
    expect(replica).toBe(primary);
    expect(changesOf(await deploy())).toEqual([]);
  });

  it("is told of where a replica that runs has followed by itself", async () => {
    // both are in the first binlog: the replica connects again, and waits until the primary has passed it
    await query("db1", "RESET MASTER");
    await anotherSecond();
    await write(80);
    await caughtUp();
    expect(await query("db2", "SHOW ALL SLAVES STATUS")).toContain("Slave has read all relay log");
    const [primary, replica] = await rows();
    expect(replica).not.toBe(primary);
    await expectRefusal();
    await copyToReplica();
    expect((await deploy()).errors).toEqual([]);
    await caughtUp();
  });

  it("is not followed once it was restored to an earlier time and has written since", async () => {
    const data = "/var/lib/mysql";
    await shell("db1", `systemctl stop mariadb; cp -a ${data} /var/backup-mysql; systemctl start mariadb`);
    const restarted = await deploy();
    expect(restarted.errors).toEqual([]);
    const backup = await endOf("db1");
    await write(20);
    const accident = await endOf("db1");
    await write(20);
    await caughtUp();
    await query("db2", "STOP SLAVE");
    await shell(
      "db1",
      `cp -a ${data} /var/log-mysql; systemctl stop mariadb; rm -rf ${data}; mv /var/backup-mysql ${data}; systemctl start mariadb
      mariadb -e 'SET GLOBAL read_only = OFF'
      mariadb-binlog --start-position=${backup} --stop-position=${accident} /var/log-mysql/mariadb-bin.?????? | mariadb`,
    );
    expect(await endOf("db1")).toBe(accident);
    await anotherSecond();
    await write(40);
    const error = await expectRefusal();
    // up to there all was replayed
    const [, domain, server, sequence] = /^(\d+)-(\d+)-(\d+)$/.exec(accident) ?? [];
    expect(error).toContain(`${domain}-${server}-${Number(sequence) + 1} was made at`);
  });
});
