/** What the playbook `audit` finds in facts, without a host. */
import { describe, expect, it } from "vitest";
import { type Area, doesNot, type Finding } from "../../playbooks/audit/control.ts";
import { exceptions } from "../../playbooks/audit/exceptions.ts";
import { findingsOf, tableOf } from "../../playbooks/audit/findings.ts";
import { kernel } from "../../playbooks/audit/kernel.ts";
import { mysql } from "../../playbooks/audit/mysql.ts";
import { nginx } from "../../playbooks/audit/nginx.ts";
import { directivesIn, withIncludes } from "../../playbooks/audit/nginx-syntax.ts";
import { ssh } from "../../playbooks/audit/ssh.ts";
import { system } from "../../playbooks/audit/system.ts";
import type { FileState } from "../../src/index.ts";

function find<F>(area: Area<F>, id: string, facts: F): Finding {
  const control = area.controls.find((one) => one.id === id);
  if (!control) throw new Error(`no control ${id}`);
  return control.find(facts);
}

const file = (mode: string, owner = "root", group = "root"): FileState => ({
  type: "file",
  mode,
  owner,
  group,
});
const directory = (mode: string, owner = "root", group = "root"): FileState => ({
  type: "directory",
  mode,
  owner,
  group,
});

it("each control has a name of its own, and each exception is one of them", () => {
  const ids = [ssh, system, kernel, nginx, mysql].flatMap(({ controls }) => controls.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of Object.keys(exceptions)) expect(ids).toContain(id);
});

describe("sshd", () => {
  const facts = (settings: Record<string, string[]>) => ({
    settings,
    folder: directory("0755"),
    main: file("0600"),
  });

  it("has an option as it is asked, or not, or does not know it", () => {
    expect(find(ssh, "sshd-27", facts({ passwordauthentication: ["no"] })).verdict).toBe("holds");
    expect(find(ssh, "sshd-27", facts({ passwordauthentication: ["yes"] }))).toEqual({
      verdict: "does not hold",
      why: "PasswordAuthentication is yes",
    });
    expect(find(ssh, "sshd-27", facts({})).why).toBe("PasswordAuthentication is not known to sshd");
  });

  it("is told which of its algorithms are weak", () => {
    expect(find(ssh, "sshd-01", facts({ ciphers: ["aes256-ctr,3des-cbc"] })).why).toBe(
      "Ciphers has 3des-cbc",
    );
    expect(find(ssh, "sshd-01", facts({ ciphers: ["aes256-ctr"] })).verdict).toBe("holds");
  });

  it("waits for a login no longer than is asked, and not for ever", () => {
    for (const [seconds, verdict] of [
      ["30", "holds"],
      ["120", "does not hold"],
      ["0", "does not hold"],
    ] as const)
      expect(find(ssh, "sshd-18", facts({ logingracetime: [seconds] })).verdict).toBe(verdict);
  });

  it("has a file that root alone reads", () => {
    expect(find(ssh, "sshd-05", { ...facts({}), main: file("0644", "ann") }).why).toBe(
      "/etc/ssh/sshd_config belongs to ann; /etc/ssh/sshd_config has the mode 0644",
    );
  });
});

describe("a parameter of the kernel", () => {
  const facts = (value: string | undefined, isSettable = true) =>
    new Map([["net.ipv4.tcp_rfc1337", { value, isSettable }]]);

  it("holds, or does not", () => {
    expect(find(kernel, "sysctl-10", facts("1")).verdict).toBe("holds");
    expect(find(kernel, "sysctl-10", facts("0"))).toEqual({
      verdict: "does not hold",
      why: "net.ipv4.tcp_rfc1337 is 0",
    });
  });

  it("is not the host's matter where it may not set it, or the kernel has none", () => {
    expect(find(kernel, "sysctl-10", facts("0", false)).verdict).toBe("not applicable");
    expect(find(kernel, "sysctl-10", facts("1", false)).verdict).toBe("holds");
    expect(find(kernel, "sysctl-10", facts(undefined)).verdict).toBe("not applicable");
  });

  it("about ARP is left to a host that shares addresses", () => {
    const shared = new Map([
      ["net.ipv4.ip_nonlocal_bind", { value: "1", isSettable: true }],
      ["net.ipv4.conf.all.arp_ignore", { value: "0", isSettable: true }],
    ]);
    expect(find(kernel, "sysctl-08", shared).verdict).toBe("not applicable");
    shared.delete("net.ipv4.ip_nonlocal_bind");
    expect(find(kernel, "sysctl-08", shared).verdict).toBe("does not hold");
  });
});

describe("accounts and files of the system", () => {
  const facts = {
    accounts: [
      { name: "root", uid: 0, shell: "/bin/bash", password: "locked" as const },
      { name: "guest", uid: 1001, shell: "/bin/sh", password: "none" as const },
      { name: "toor", uid: 0, shell: "/bin/sh", password: "set" as const },
      { name: "backup", uid: 34, shell: "/bin/sh", password: "set" as const },
    ],
    states: new Map([
      ["/etc/shadow", file("0640", "root", "shadow")],
      ["/usr/lib/openssh/ssh-keysign", file("4755")],
    ]),
    loginDefs: "# UMASK 000\nUMASK\t\t022\nPASS_MAX_DAYS\t99999\n",
    periodic: "",
    timeDaemons: [],
  };

  it("are told by name", () => {
    expect(find(system, "own-01", facts).why).toBe("guest is");
    expect(find(system, "own-02", facts).why).toBe("toor has it");
    expect(find(system, "own-03", facts).why).toBe("backup has one");
    expect(find(system, "os-02", facts).verdict).toBe("holds");
    expect(find(system, "os-06", facts).why).toBe("/usr/lib/openssh/ssh-keysign does");
  });

  it("have a umask that lets others in no further than is asked", () => {
    expect(find(system, "os-05b", facts).why).toBe("UMASK is 022");
    expect(find(system, "os-05b", { ...facts, loginDefs: "UMASK 077\n" }).verdict).toBe("holds");
  });
});

describe("Nginx", () => {
  const facts = (text: string, more: Record<string, string> = {}) => {
    const files = new Map(Object.entries(more).map(([path, one]) => [path, directivesIn(one)]));
    const top = withIncludes(directivesIn(text), files);
    const servers = top
      .filter(({ name }) => name === "http")
      .flatMap(({ block: shared }) =>
        shared
          .filter(({ name }) => name === "server")
          .map(({ block: own }) => ({ name: "site", own, shared })),
      );
    return { main: file("0640"), top, servers };
  };

  it("is read with comments, quotes, blocks and what it includes", () => {
    expect(
      withIncludes(
        directivesIn(
          'user www-data; # a comment;\nhttp { include conf.d/*.conf; log_format x "a;{\\"b" \'c\'; }',
        ),
        new Map([["/etc/nginx/conf.d/a.conf", directivesIn("server { listen 80; }")]]),
      ),
    ).toEqual([
      { name: "user", words: ["www-data"], block: [] },
      {
        name: "http",
        words: [],
        block: [
          { name: "server", words: [], block: [{ name: "listen", words: ["80"], block: [] }] },
          { name: "log_format", words: ["x", 'a;{\\"b', "c"], block: [] },
        ],
      },
    ]);
  });

  it("is read in linear time, whatever stands in its files", () => {
    const started = performance.now();
    for (const text of [
      "{".repeat(400_000),
      '"'.repeat(400_001),
      "} ".repeat(200_000),
      '\\" '.repeat(130_000),
    ])
      directivesIn(text);
    const itself = new Map([["/etc/nginx/a", directivesIn("include a; ".repeat(1000))]]);
    expect(() => withIncludes(directivesIn("include a;"), itself)).toThrow("more than 20000 directives");
    const stars = new Map([[`/etc/nginx/${"a".repeat(4000)}`, []]]);
    withIncludes(directivesIn(`include ${"*a".repeat(500)}*b;`), stars);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("goes by what holds for each server: its own word, else that of all", () => {
    const site = (own: string) => facts(`http { server_tokens off; server { ${own} } }`);
    expect(find(nginx, "nginx-05", site("")).verdict).toBe("holds");
    expect(find(nginx, "nginx-05", site("server_tokens on;"))).toEqual({
      verdict: "does not hold",
      why: "server_tokens is not off (site)",
    });
    expect(find(nginx, "nginx-05", facts("http { }")).verdict).toBe("not applicable");
  });

  it("sends a header from a block only if that block, or all above it, say so", () => {
    const frames = "add_header X-Frame-Options DENY always;";
    const site = (own: string) => facts(`http { server { ${own} } }`);
    expect(find(nginx, "nginx-08", site(`${frames} location / { }`)).verdict).toBe("holds");
    expect(find(nginx, "nginx-08", site(`${frames} location / { add_header X-Other 1; }`)).verdict).toBe(
      "does not hold",
    );
    const policy = `add_header Content-Security-Policy "default-src 'self'; frame-ancestors 'none'";`;
    expect(find(nginx, "nginx-08", site(policy)).verdict).toBe("holds");
    expect(find(nginx, "nginx-08", facts(`http { ${frames} server { } }`)).verdict).toBe("holds");
    expect(find(nginx, "nginx-08", facts(`http { ${frames} server { add_header X 1; } }`)).verdict).toBe(
      "does not hold",
    );
  });

  it("has TLS of a version that is still good, where it has any", () => {
    const site = (own: string) => facts(`http { server { ${own} } }`);
    expect(find(nginx, "nginx-12", site("listen 80;")).verdict).toBe("not applicable");
    expect(find(nginx, "nginx-12", site("listen 443 ssl; ssl_protocols TLSv1.1 TLSv1.3;")).why).toBe(
      "site has TLSv1.1",
    );
  });
});

describe("a database server", () => {
  const facts = {
    variables: new Map([
      ["datadir", "/var/lib/mysql/"],
      ["log_error", ""],
      ["local_infile", "1"],
    ]),
    accounts: [
      { name: "root@localhost", traits: [""] },
      { name: "site@%", traits: ["anywhere", "open"] },
    ],
    testDatabases: ["test"],
    exposed: ["/etc/mysql/my.cnf"],
    passwordsInEnvironment: [],
    states: new Map([
      ["/var/lib/mysql", directory("0700", "mysql", "mysql")],
      ["/var/lib/mysql/ibdata1", file("0664", "mysql", "mysql")],
    ]),
  };

  it("is told what speaks against it", () => {
    expect(find(mysql, "mysql-conf-03", facts).why).toBe("local_infile is on");
    expect(find(mysql, "mysql-conf-04", facts).verdict).toBe("holds");
    expect(find(mysql, "mysql-conf-05", facts).why).toBe("/var/lib/mysql/ibdata1 has the mode 0664");
    expect(find(mysql, "mysql-conf-06", facts).verdict).toBe("not applicable");
    expect(find(mysql, "mysql-conf-08", facts).why).toContain("/etc/mysql/my.cnf");
    expect(find(mysql, "mysql-db-03", facts).why).toBe("there is test");
    expect(find(mysql, "mysql-db-05", facts).why).toBe("site@% has none");
    expect(find(mysql, "mysql-db-07", facts).why).toBe("site@% is for any");
  });
});

describe("the table", () => {
  const area: Area<object> = {
    name: "area",
    read: () => Promise.resolve({}),
    controls: [
      { id: "os-05c", asks: "days", find: () => ({ verdict: "does not hold", why: "they are\tmany\n" }) },
      { id: "os-02", asks: "the file", find: () => ({ verdict: "does not hold", why: "its mode" }) },
    ],
  };

  it("tells why an exception is one, and leaves the rest", async () => {
    const found = await findingsOf(area);
    expect(found.map(({ verdict }) => verdict)).toEqual(["excepted", "does not hold"]);
    expect(found[0]?.why).toContain(exceptions["os-05c"]);
  });

  it("are one that does not hold where a server does not answer, and the audit goes on", async () => {
    const read = () => Promise.resolve(doesNot("the server does not answer"));
    expect(await findingsOf({ ...mysql, read })).toEqual([
      {
        id: "mysql",
        asks: `${mysql.controls.length} controls`,
        verdict: "does not hold",
        why: "the server does not answer",
      },
    ]);
  });

  it("has one row for an area that the host does not have", async () => {
    expect(await findingsOf({ ...area, read: () => Promise.resolve("there is none") })).toEqual([
      { id: "area", asks: "2 controls", verdict: "not applicable", why: "there is none" },
    ]);
  });

  it("keeps what a host says in its cell", async () => {
    const lines = tableOf(await findingsOf(area)).split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line.split("\t")).toHaveLength(4);
  });
});
