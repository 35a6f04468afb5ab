/** The role mysql on real hosts: a primary and its replica, from nothing. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysql } from "../../roles/mysql/index.ts";
import { play } from "../../src/core/plays/play.ts";
import type { RunRequest } from "../../src/core/plays/run.ts";
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
}

const site = ({ replicationPassword = passwords.replication, primary = primaryAddress }: Wanted = {}) => {
  const replication = { user: "replication", password: replicationPassword };
  return [
    play(
      "primary",
      { hosts: "db1", become: true },
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
            replication: { ...replication, hosts: ["10.81.0.12"] },
            settings: { innodb_buffer_pool_size: "32M" },
          }),
      },
    ),
    play(
      "replica",
      { hosts: "db2", become: true },
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
