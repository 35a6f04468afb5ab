/** Replication over TLS on both of Debian's MariaDB servers: turned on, off and on again; and what else they differ in. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysql } from "../../roles/mysql/index.ts";
import { play } from "../../src/core/plays/play.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { copy, mysqlUser } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import type { Suite } from "../../src/lab/spec.ts";
import { type Ran, testLab } from "./support.ts";

const hosts = ["db1", "db2", "db3"];
const address = (number: number) => `10.123.0.${number + 10}`;
const password = `canary-${"ä".repeat(20)}`;

/** An authority and the primary's certificate. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority");
  openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", `/CN=${address(1)}`);
  const sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem"];
  openssl("x509", "-req", "-in", "server.csr", ...sign);
}

interface Wanted {
  /** The server's certificate, and replication by it. */
  readonly certificate?: boolean;
  readonly ssl?: boolean;
  readonly replicationPassword?: string;
}

describe.each<[Suite, "plain" | "encrypted"]>([
  ["bookworm", "plain"],
  ["trixie", "encrypted"],
])("on %s", { timeout: 240_000 }, (suite, byItself) => {
  const lab = testLab("labtls", 123, hosts, suite);
  const folder = mkdtempSync(join(tmpdir(), "mysql-tls-"));
  beforeAll(async () => {
    makeCertificates(folder);
    await lab.up();
  }, 300_000);
  afterAll(async () => {
    await lab.down();
    rmSync(folder, { recursive: true });
  }, 60_000);

  const site = ({ certificate = false, ssl = false, replicationPassword = password }: Wanted) => {
    const replication = {
      user: "replication",
      password: replicationPassword,
      ...(ssl ? { ssl: { ca: "/etc/mysql-ca.pem" } } : {}),
    };
    const put = (name: string, dest: string) => copy({ src: join(folder, name), dest, mode: "0644" });
    return [
      play(
        "primary",
        { hosts: "db1", become: true },
        {
          certificate: async () => {
            if (!certificate) return;
            await put("server.pem", "/etc/mysql-server.pem");
            await put("server.key", "/etc/mysql-server.key");
          },
          mysql: () =>
            mysql({
              role: "primary",
              nodes: "all",
              databases: [{ name: "site" }],
              users: [
                { name: "site", hosts: ["%"], password: "of-the-site", privileges: { "site.*": ["ALL"] } },
              ],
              replication: { ...replication, hosts: [address(2), "10.123.0.1_"] },
              settings: certificate
                ? { ssl_cert: "/etc/mysql-server.pem", ssl_key: "/etc/mysql-server.key" }
                : {},
            }),
        },
      ),
      play(
        "replicas",
        { hosts: "db2:db3", become: true },
        {
          ca: async () => {
            if (ssl) await put("ca.pem", "/etc/mysql-ca.pem");
          },
          mysql: () =>
            mysql({ role: "replica", nodes: "all", replication: { ...replication, primary: address(1) } }),
        },
      ),
    ];
  };
  const deploy = async (wanted: Wanted, request: Partial<RunRequest> = {}) =>
    lab.run(site(wanted), { verify: true, ...request });

  /** Each change of a database: `host module: what`, in the order in which it was made. */
  const changesOf = (ran: Ran) =>
    ran
      .of("task:end")
      .filter(({ task }) => task.module.startsWith("mysql"))
      .flatMap(({ host, task, changes }) => changes.map(({ what }) => `${host} ${task.module}: ${what}`));
  const inside = async (host: string, script: string) =>
    (await runInside(lab.spec, host, ["sh", "-c", script])).trim();
  const query = (host: string, sql: string) =>
    inside(host, `mariadb --skip-ssl-verify-server-cert --batch --skip-column-names <<'END'\n${sql}\nEND`);

  const required = () =>
    query(
      "db1",
      "SELECT JSON_VALUE(Priv, '$.ssl_type') FROM mysql.global_priv WHERE User = 'replication' ORDER BY Host",
    );
  const status = (host: string, name: string) =>
    inside(
      host,
      `mariadb --skip-ssl-verify-server-cert -Ee 'SHOW SLAVE STATUS' | sed -n 's/^ *${name}: //p'`,
    );
  const encrypted = () =>
    Promise.all(["db2", "db3"].map((host) => status(host, "Master_SSL_Allowed"))).then((all) => all.join());

  /** Every replica logs in anew, and has what was written. */
  const replicates = async () => {
    for (const host of ["db2", "db3"]) await query(host, "STOP SLAVE; START SLAVE");
    await query("db1", "CREATE TABLE IF NOT EXISTS site.notes (id INT AUTO_INCREMENT PRIMARY KEY)");
    await query("db1", "INSERT INTO site.notes VALUES ()");
    const last = await query("db1", "SELECT MAX(id) FROM site.notes");
    for (const host of ["db2", "db3"])
      await expect.poll(() => query(host, "SELECT MAX(id) FROM site.notes"), { timeout: 20_000 }).toBe(last);
  };
  const refusals = async () =>
    Promise.all(
      ["db2", "db3"].map((host) => inside(host, "journalctl -u mariadb | grep -c 'Access denied' || true")),
    ).then((all) => all.join());

  it("knows a password that is too long before it installs anything", async () => {
    for (const check of [true, false]) {
      const ran = await deploy({ replicationPassword: "x".repeat(97) }, { check });
      expect(ran.errors.join()).toMatch(/replication\.password: expected 1 to 96 bytes.*, got 97/);
      expect(changesOf(ran)).toEqual([]);
    }
    expect(await inside("db1", "command -v mariadbd || echo none")).toBe("none");
  });

  it("leaves what the servers do by themselves", async () => {
    const ran = await deploy({});
    expect(ran.errors).toEqual([]);
    expect(await encrypted()).toBe(byItself === "plain" ? "No,No" : "Yes,Yes");
    await replicates();
    expect(changesOf(await deploy({}))).toEqual([]);
  });

  it.runIf(byItself === "plain")("requires no TLS that the primary does not offer", async () => {
    const ran = await deploy({ ssl: true });
    expect(ran.errors.join()).toContain("SSL is required, but the server does not support it");
    expect(await required()).not.toContain("1");
    await replicates();
  });

  it.each([true, false])(
    "gets TLS: first all replicas speak it, then the accounts require it; and loses it, while the server keeps its certificate: %s",
    async (certificate) => {
      const wanted = { certificate: true, ssl: true };
      const planned = await deploy(wanted, { check: true });
      expect(planned.errors).toEqual([]);
      const before = await refusals();
      const ran = await deploy(wanted);
      expect(ran.errors).toEqual([]);
      const changes = changesOf(ran);
      const indices = (pattern: RegExp) =>
        changes.flatMap((line, index) => (pattern.test(line) ? [index] : []));
      const requirements = indices(/^db1 mysqlUser: tls$/);
      expect(requirements).toHaveLength(2);
      // who speaks TLS by itself has nobody to wait for
      if (byItself === "plain") {
        const first = indices(/^db[23] mysqlReplication: tls, ca/);
        expect(first).toHaveLength(2);
        expect(Math.min(...requirements)).toBeGreaterThan(Math.min(...first));
        expect(Math.max(...requirements)).toBeGreaterThan(Math.max(...first));
      }
      expect(await refusals()).toBe(before);
      expect(await required()).toBe("1\n1");
      expect(await encrypted()).toBe("Yes,Yes");
      await replicates();
      expect(changesOf(await deploy(wanted))).toEqual([]);
      expect((await deploy(wanted, { check: true })).totals).toMatchObject({
        changed: 0,
        likely: 0,
        unknown: 0,
      });

      const away = { certificate };
      const plan = await deploy(away, { check: true });
      expect(plan.errors).toEqual([]);
      const off = await deploy(away);
      expect(off.errors).toEqual([]);
      expect(changesOf(off).filter((line) => /tls|ca/.test(line))[0]).toBe("db1 mysqlUser: tls");
      expect(await required()).toBe("0\n0");
      expect(await status("db2", "Master_SSL_CA_File")).toBe("");
      expect(await encrypted()).toBe(byItself === "plain" ? "No,No" : "Yes,Yes");
      await replicates();
      expect(changesOf(await deploy(away))).toEqual([]);
      await deploy({});
    },
  );

  it("writes the replication password into no log", async () => {
    for (const host of hosts)
      await query(host, "SET GLOBAL general_log = ON, slow_query_log = ON, long_query_time = 0");
    const ran = await deploy({ replicationPassword: "canary-of-another" });
    expect(ran.errors).toEqual([]);
    for (const host of hosts) {
      expect(await inside(host, "grep -c SHOW /var/lib/mysql/*.log | grep -vc ':0'")).toBe("2");
      expect(await inside(host, "grep -l canary /var/lib/mysql/*.log /var/log/mysql/* || true")).toBe("");
      await query(host, "SET GLOBAL general_log = OFF, slow_query_log = OFF, long_query_time = 10");
    }
  });

  const grant = (privileges: Record<string, string[]>) =>
    lab.run(
      [
        play(
          "grant",
          { hosts: "db1", become: true },
          {
            grant: () => mysqlUser({ name: "clerk", password: "only-a-test", privileges }),
          },
        ),
      ],
      { verify: true },
    );

  it.each(["force", "html", "database=site"])("is not steered by an option file: %s", async (option) => {
    await inside("db1", `printf '[mysql]\n${option}\n' >/root/.my.cnf`);
    try {
      for (const _ of [1, 2]) {
        const ran = await grant({ "nowhere.nothing": ["SELECT"] });
        expect(ran.errors.join()).toContain("ERROR 1146 (42S02)");
      }
    } finally {
      await inside("db1", "rm /root/.my.cnf");
    }
  });

  it("gives a grant on a routine once, however its name is written", async () => {
    await query("db1", "CREATE PROCEDURE site.TidyUp() SELECT 1");
    const given = () => grant({ "procedure site.TidyUp": ["EXECUTE"] });
    expect((await given()).errors).toEqual([]);
    expect(changesOf(await given())).toEqual([]);
  });
});
