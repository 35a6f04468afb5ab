/** The role mysql on real hosts: a primary and its replica, from nothing. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysql } from "../../roles/mysql/index.ts";
import { play } from "../../src/core/plays/play.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { mysqlReplication } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("labsql", 81, ["db1", "db2"]);
const primaryAddress = "10.81.0.11";
/** In every password, and in no other process of this machine, whatever runs beside this test. */
const mark = `canary${randomBytes(4).toString("hex")}`;
const passwords = {
  site: `${mark} site's "password"`,
  replication: `${mark} 1 of \\`,
  next: `${mark}-2`,
};

/** Every command line that was seen on this machine, the lab's hosts included, and that held a password. */
const leaks = new Set<string>();

function watchProcesses(): NodeJS.Timeout {
  return setInterval(() => {
    for (const pid of readdirSync("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        if (line.includes(mark)) leaks.add(line.replaceAll("\0", " "));
      } catch {
        // it has ended
      }
    }
  }, 25);
}

interface Wanted {
  readonly replicationPassword?: string;
  readonly primary?: string;
  /** db2 is the primary, db1 its replica. */
  readonly swapped?: boolean;
}

const site = ({
  replicationPassword = passwords.replication,
  swapped = false,
  primary = swapped ? "10.81.0.12" : primaryAddress,
}: Wanted = {}) => {
  const [first, second] = swapped ? ["db2", "db1"] : ["db1", "db2"];
  const replication = { user: "replication", password: replicationPassword };
  return [
    play(
      "primary",
      { hosts: first, become: true },
      {
        mysql: () =>
          mysql({
            role: "primary",
            databases: [{ name: "site" }],
            users: [
              {
                name: "site",
                hosts: ["10.81.0.%", "localhost"],
                password: passwords.site,
                privileges: { "site.*": ["ALL"] },
              },
            ],
            replication: { ...replication, hosts: ["10.81.0.1_"] },
            settings: { innodb_buffer_pool_size: "32M" },
          }),
      },
    ),
    play(
      "replica",
      { hosts: second, become: true },
      {
        mysql: () => mysql({ role: "replica", replication: { ...replication, primary } }),
      },
    ),
  ];
};

const outputs: string[] = [];

async function deploy(wanted?: Wanted, request: Partial<RunRequest> = {}): Promise<Ran> {
  const ran = await lab.run(site(wanted), { verify: true, ...request });
  outputs.push(JSON.stringify(ran.events));
  return ran;
}

/** Each change of a run: `host module: what`. */
const changesOf = (ran: Ran) =>
  ran
    .of("task:end")
    .flatMap(({ host, task, changes }) => changes.map(({ what }) => `${host} ${task.module}: ${what}`));

const query = async (host: string, sql: string) =>
  (await runInside(lab.spec, host, ["mariadb", "--batch", "--skip-column-names", "-e", sql])).trim();

describe("the role mysql", { timeout: 240_000 }, () => {
  let watch: NodeJS.Timeout;
  beforeAll(async () => {
    await lab.up();
    watch = watchProcesses();
  }, 180_000);
  afterAll(async () => {
    clearInterval(watch);
    await lab.down();
  }, 60_000);

  let planned: Ran;

  it("refuses a host that has another engine, or another one's data, and installs nothing", async () => {
    // bookworm has no MySQL: what its packages leave is enough to know it by
    const traces = [
      "printf '#!/bin/sh\\necho /usr/sbin/mysqld Ver 9.7.4 for Linux' >/usr/sbin/mysqld; chmod 755 /usr/sbin/mysqld",
      "mkdir -p /var/lib/mysql; touch /var/lib/mysql/mysql.ibd",
    ];
    for (const trace of traces) {
      await runInside(lab.spec, "db2", ["sh", "-c", trace]);
      for (const check of [true, false]) {
        const ran = await lab.run(site().slice(1), { check });
        expect(ran.errors.join()).toMatch(/this host has a MySQL server|holds the data of a MySQL server/);
        expect(changesOf(ran)).toEqual([]);
      }
      await runInside(lab.spec, "db2", ["rm", "-rf", "/usr/sbin/mysqld", "/var/lib/mysql"]);
    }
    expect(await runInside(lab.spec, "db2", ["sh", "-c", "command -v mariadbd || echo none"])).toBe("none\n");
  });

  it("is planned on empty hosts without a failure", async () => {
    planned = await deploy({}, { check: true });
    expect(planned.errors).toEqual([]);
    expect(planned.totals).toMatchObject({ failed: 0, unreachable: 0 });
    expect(await runInside(lab.spec, "db1", ["sh", "-c", "command -v mariadbd || echo none"])).toBe("none\n");
  });

  it("stands after the first run", async () => {
    const ran = await deploy();
    expect(ran.errors).toEqual([]);
    const changed = ran.statuses.filter((line) => line.endsWith(": changed"));
    const likely = planned.statuses.map((line) => line.replace(/: (likely|unknown)$/, ": changed"));
    expect(likely).toEqual(expect.arrayContaining(changed));
    await query("db1", "CREATE TABLE site.notes (text TEXT); INSERT INTO site.notes VALUES ('arrived')");
    await expect.poll(() => query("db2", "SELECT text FROM site.notes")).toBe("arrived");
    expect(await query("db1", "SELECT @@server_id, @@read_only")).toBe(`${(10 << 24) + (81 << 16) + 11}\t0`);
    expect(await query("db2", "SELECT @@server_id, @@read_only")).toBe(`${(10 << 24) + (81 << 16) + 12}\t1`);
  });

  it("is left alone by the second run, and planned so", async () => {
    const second = await deploy();
    expect(changesOf(second)).toEqual([]);
    expect(second.totals).toMatchObject({ changed: 0, failed: 0 });
    expect((await deploy({}, { check: true })).totals).toMatchObject({
      changed: 0,
      likely: 0,
      unknown: 0,
      failed: 0,
    });
  });

  it("lets the application in on both, from another host", async () => {
    const script = `exec 4<<END
[client]
user=site
password="${passwords.site.replace(/["\\]/g, "\\$&")}"
host=${primaryAddress}
END
mariadb --defaults-file=/dev/fd/4 --batch --skip-column-names -e 'SELECT text FROM site.notes'`;
    // through a pipe of its own: the watcher would take a command line for a leak
    const encoded = Buffer.from(script).toString("base64");
    expect(await runInside(lab.spec, "db2", ["sh", "-c", `echo ${encoded} | base64 -d | sh`])).toBe(
      "arrived\n",
    );
  });

  it("starts a stopped replica again", async () => {
    await query("db2", "STOP SLAVE");
    const ran = await deploy();
    expect(ran.errors).toEqual([]);
    expect(changesOf(ran)).toEqual(["db2 mysqlReplication: threads"]);
  });

  it("repairs a changed password and a changed host, and only these", async () => {
    await query("db2", "STOP SLAVE; CHANGE MASTER TO MASTER_PASSWORD = 'wrong'; START SLAVE");
    const password = await deploy();
    expect(password.errors).toEqual([]);
    expect(changesOf(password)).toEqual(["db2 mysqlReplication: password"]);
    const host = await deploy({ primary: "db1" });
    expect(host.errors).toEqual([]);
    expect(changesOf(host)).toEqual(["db2 mysqlReplication: host"]);
    await deploy();
    await query("db1", "INSERT INTO site.notes VALUES ('again')");
    await expect.poll(() => query("db2", "SELECT text FROM site.notes WHERE text = 'again'")).toBe("again");
  });

  it("takes a new replication password to both", async () => {
    const ran = await deploy({ replicationPassword: passwords.next });
    expect(ran.errors).toEqual([]);
    expect(changesOf(ran)).toEqual(["db1 mysqlUser: password", "db2 mysqlReplication: password"]);
    expect(await query("db2", "SHOW ALL SLAVES STATUS")).toContain("Slave has read all relay log");
    await deploy();
  });

  it("puts the primary back in service after a restart, and nothing else", async () => {
    await runInside(lab.spec, "db1", ["systemctl", "restart", "mariadb"]);
    expect(await query("db1", "SELECT @@read_only")).toBe("1");
    const ran = await deploy();
    expect(changesOf(ran).filter((line) => line.startsWith("db1"))).toEqual(["db1 mysqlPrimary: read_only"]);
  });

  it("refuses settings that the server does not know, and keeps it running", async () => {
    const ran = await lab.run([
      play(
        "primary",
        { hosts: "db1", become: true },
        {
          mysql: () => mysql({ role: "primary", settings: { no_such_setting: 1 } }),
        },
      ),
    ]);
    expect(ran.errors.join()).toContain("unknown variable 'no_such_setting=1'");
    expect(await query("db1", "SELECT 1")).toBe("1");
    expect(changesOf(await deploy())).toEqual([]);
  });

  const both = async (sql: string) => [await query("db1", sql), await query("db2", sql)];

  it("takes no replication away while something received is not applied", async () => {
    const away = () =>
      lab.run([
        play(
          "away",
          { hosts: "db2", become: true },
          { away: () => mysqlReplication({ state: "absent", wait: 60 }) },
        ),
      ]);
    await query("db2", "STOP SLAVE SQL_THREAD");
    await query("db1", "INSERT INTO site.notes SELECT CONCAT('late ', seq) FROM site.seq_1_to_700");
    const end = await query("db1", "SELECT @@gtid_binlog_pos");
    await expect.poll(() => query("db2", "SHOW ALL SLAVES STATUS")).toContain(end);
    const ran = await away();
    expect(ran.errors.join()).toContain(`has received ${end} and applied`);
    await query("db2", "START SLAVE SQL_THREAD");
    const later = await away();
    expect(later.errors).toEqual([]);
    expect(await query("db2", "SELECT COUNT(*) FROM site.notes WHERE text LIKE 'late %'")).toBe("700");
  });

  it("refuses an inventory that is out of date, changes nothing, and follows one that is not", async () => {
    const roles = "SELECT @@read_only; SHOW ALL SLAVES STATUS";
    // db2 has taken over, db1 came back
    await runInside(lab.spec, "db1", ["systemctl", "restart", "mariadb"]);
    await query("db2", "SET GLOBAL read_only = OFF; INSERT INTO site.notes VALUES ('on the new primary')");
    const before = await both(roles);
    for (const check of [true, false]) {
      const ran = await deploy({}, { check });
      expect(changesOf(ran)).toEqual([]);
      const [error = ""] = ran.errors;
      expect(error).toContain("db1 is to be the primary, but db2 is written to and replicates from nobody");
      expect(error).toContain("db1: read-only, replicates from nobody");
      const alone = await lab.run(site().slice(1), { check });
      expect(changesOf(alone)).toEqual([]);
      expect(alone.errors.join()).toContain(
        `db2 is to replicate from ${primaryAddress}, but db2 is written to and replicates from nobody`,
      );
    }
    expect(await both(roles)).toEqual(before);
    // it shows also while nobody is written to
    await runInside(lab.spec, "db2", ["systemctl", "restart", "mariadb"]);
    const idle = await deploy();
    expect(idle.errors.join()).toMatch(/db2 has 0-\d+-\d+, which db1 lacks/);
    expect(changesOf(idle)).toEqual([]);

    const swapped = await deploy({ swapped: true });
    expect(swapped.errors).toEqual([]);
    await expect
      .poll(() => query("db1", "SELECT text FROM site.notes WHERE text LIKE 'on the%'"))
      .toBe("on the new primary");
    // and back, by hand, as the hint says
    await query("db2", "SET GLOBAL read_only = ON");
    const away = await lab.run([
      play("away", { hosts: "db1", become: true }, { away: () => mysqlReplication({ state: "absent" }) }),
    ]);
    expect(away.errors).toEqual([]);
    const back = await deploy();
    expect(back.errors).toEqual([]);
    expect(await both("SELECT @@read_only")).toEqual(["0", "1"]);
    expect(changesOf(await deploy())).toEqual([]);
  });

  it("refuses a replica with data of its own and leaves it untouched", async () => {
    await query("db2", "STOP SLAVE; RESET SLAVE ALL; CREATE DATABASE foreign_data");
    const state = () =>
      query("db2", "SELECT @@gtid_binlog_state, @@gtid_slave_pos; SHOW DATABASES; SHOW ALL SLAVES STATUS");
    const before = await state();
    for (const check of [true, false]) {
      const ran = await deploy({}, { check });
      expect(ran.errors.join()).toContain("foreign_data");
      expect(changesOf(ran)).toEqual([]);
    }
    expect(await state()).toBe(before);
  });

  it("shows no password in a process list, in its output, in a binlog or in a diff", async () => {
    expect([...leaks]).toEqual([]);
    // the watcher does see what runs on the hosts
    await runInside(lab.spec, "db2", ["sh", "-c", `sleep 0.5 # ${mark}`]);
    expect(leaks.size).toBeGreaterThan(0);
    expect(outputs.join("\n")).not.toContain(mark);
    // matches the mark, and not the command line that looks for it
    const pattern = mark.replace(/.$/, "[$&]");
    for (const host of ["db1", "db2"]) {
      const found = await runInside(lab.spec, host, [
        "sh",
        "-c",
        `grep -l '${pattern}' /var/lib/mysql/mariadb-bin.* /etc/mysql -r; journalctl --no-pager | grep '${pattern}'; true`,
      ]);
      expect(found).toBe("");
    }
  });
});
