import { describe, expect, it } from "vitest";
import type { HostLook } from "../../playbooks/parts/status/host-look.ts";
import { type Seen, type SeenHost, screenOf } from "../../playbooks/parts/status/screen.ts";

const now = Date.UTC(2026, 10, 30, 12, 0);
const day = 24 * 60 * 60 * 1000;

const look = (more: Partial<HostLook> & { units: HostLook["units"] }): HostLook => ({
  release: "",
  notRead: "",
  database: undefined,
  certificates: new Map(),
  ...more,
});

const tens: Readonly<Record<string, number>> = { lb: 1, web: 2, db: 3 };

function host(name: string, groups: readonly string[], more: Partial<SeenHost>): SeenHost {
  const address = `10.0.0.${tens[name.slice(0, -1)]}${name.slice(-1)}`;
  return { name, address, groups, ...more };
}

const balancer = (name: string, held: boolean): SeenHost =>
  host(name, ["lb"], {
    look: look({
      units: new Map([
        ["haproxy", "active"],
        ["keepalived", "active"],
      ]),
      certificates: new Map([["/etc/haproxy/certificates/site.pem", now + 80.5 * day]]),
    }),
    balancer: { runs: true, outOfService: undefined, addresses: [{ address: "10.0.0.10", held }] },
    pool: ["web1", "web2"].map((server) => ({ server, state: "ready", status: "UP", check: "L7OK" })),
  });
const web = (name: string): SeenHost =>
  host(name, ["web", "app"], {
    look: look({
      units: new Map([
        ["nginx", "active"],
        ["guestbook", "active"],
      ]),
      release: "f2e6d1a0b9c8aaaa",
    }),
  });
const replica = { primary: "10.0.0.31", runs: true, lag: 0, problem: "" };
const database = (name: string, group: string, more: HostLook["database"]): SeenHost =>
  host(name, ["db", group], { look: look({ units: new Map([["mariadb", "active"]]), database: more }) });

const well: Seen = {
  domain: "site.example",
  addresses: ["10.0.0.10"],
  now,
  hosts: [
    balancer("lb1", true),
    balancer("lb2", false),
    web("web1"),
    web("web2"),
    database("db1", "db_primary", { readOnly: false, replica: undefined }),
    database("db2", "db_replica", { readOnly: true, replica }),
  ],
};

/** The site with one host otherwise. */
function altered(name: string, alter: (one: SeenHost) => SeenHost): Seen {
  return { ...well, hosts: well.hosts.map((one) => (one.name === name ? alter(one) : one)) };
}

describe("the site on one screen", () => {
  it("shows what each host does, who holds the address, the pools, and that all is well", () => {
    const { lines, problems } = screenOf(well);
    expect(problems).toEqual([]);
    expect(lines).toEqual([
      "site.example, 6 hosts, 2026-11-30 12:00 UTC: all is well",
      "",
      "  lb1   10.0.0.11  haproxy, keepalived; holds 10.0.0.10; certificate 80 d",
      "  lb2   10.0.0.12  haproxy, keepalived; stands by; certificate 80 d",
      "  web1  10.0.0.21  nginx, guestbook; release f2e6d1a0b9c8",
      "  web2  10.0.0.22  nginx, guestbook; release f2e6d1a0b9c8",
      "  db1   10.0.0.31  mariadb; primary",
      "  db2   10.0.0.32  mariadb; replica of db1, 0 s behind",
      "",
      "  in the pool  lb1                   lb2",
      "  web1         up                    up",
      "  web2         up                    up",
    ]);
  });

  it("shows a host that is down, and the others", () => {
    const { lines, problems } = screenOf(
      altered("web2", ({ name, address, groups }) => ({
        name,
        address,
        groups,
        down: "no route\nto the host",
      })),
    );
    expect(problems).toEqual(["web2: can't be reached: no route\nto the host"]);
    expect(lines).toContain("! web2  10.0.0.22  DOWN");
    expect(lines).toContain("  web1  10.0.0.21  nginx, guestbook; release f2e6d1a0b9c8");
    expect(lines).toContain("! web2: can't be reached: no route to the host");
  });

  it.each<[string, Seen, string]>([
    [
      "a service that does not run",
      altered("web1", (one) => ({ ...one, look: look({ units: new Map([["nginx", "failed"]]) }) })),
      "web1: nginx does not run: failed",
    ],
    [
      "an address that nobody holds",
      altered("lb1", () => balancer("lb1", false)),
      "10.0.0.10: no balancer holds it",
    ],
    [
      "an address that two hold",
      altered("lb2", () => balancer("lb2", true)),
      "10.0.0.10: lb1 and lb2 hold it at the same time",
    ],
    [
      "a balancer in maintenance",
      altered("lb2", (one) => ({
        ...one,
        balancer: {
          runs: true,
          outOfService: "maintenance",
          addresses: [{ address: "10.0.0.10", held: false }],
        },
      })),
      "lb2: out of service (maintenance: takes no address); npx run playbook maintenance -e host=lb2 -e state=end brings it back",
    ],
    [
      "a web server that a balancer sends nothing",
      altered("lb2", (one) => ({
        ...one,
        pool: [{ server: "web1", state: "maintenance", status: "MAINT", check: "" }],
      })),
      "web1: out of service (maintenance: not in the pool of lb2); npx run playbook maintenance -e host=web1 -e state=end brings it back",
    ],
    [
      "a web server whose run was cut off",
      altered("lb2", (one) => ({
        ...one,
        pool: [{ server: "web1", state: "drain", status: "DRAIN", check: "" }],
      })),
      "lb2: its pool: web1 gets nothing new: a run was cut off, so run it again",
    ],
    [
      "a web server that fails its check",
      altered("lb2", (one) => ({
        ...one,
        pool: [{ server: "web1", state: "ready", status: "DOWN", check: "L4CON" }],
      })),
      "lb2: its pool: web1 is down L4CON",
    ],
    [
      "reads that a cut-off run has moved",
      altered("web1", (one) => ({
        ...one,
        look: look({ units: new Map(), notRead: "db2 patch\ndb9 patch\n", release: "f2e6d1a0b9c8aaaa" }),
      })),
      "db2: out of service (patch: not read by web1); a run was cut off, and npx run playbook patch goes on with it",
    ],
    [
      "a reason that a hostile host has made up",
      altered("web1", (one) => ({
        ...one,
        look: look({ units: new Map(), notRead: "db2 valueOf\n", release: "f2e6d1a0b9c8aaaa" }),
      })),
      "db2: out of service (valueOf: not read by web1); somebody has set that",
    ],
    [
      "a primary that takes no writes",
      altered("db1", () => database("db1", "db_primary", { readOnly: true, replica: undefined })),
      "db1: the primary takes no writes (read_only): npx run playbook site",
    ],
    [
      "a replica that has stopped",
      altered("db2", () =>
        database("db2", "db_replica", {
          readOnly: true,
          replica: { ...replica, runs: false, lag: undefined, problem: "error 1062" },
        }),
      ),
      "db2: replication does not run: error 1062",
    ],
    [
      "a replica that is far behind",
      altered("db2", () =>
        database("db2", "db_replica", { readOnly: true, replica: { ...replica, lag: 3600 } }),
      ),
      "db2: it is 3600 s behind",
    ],
    [
      "a database that does not answer",
      altered("db2", () => database("db2", "db_replica", undefined)),
      "db2: its database server does not answer",
    ],
    [
      "a certificate that ends soon",
      altered("lb1", (one) => ({
        ...one,
        look: look({ units: new Map(), certificates: new Map([["/etc/c.pem", now + 3.5 * day]]) }),
      })),
      "lb1: /etc/c.pem ends in 3 days",
    ],
    [
      "different releases",
      altered("web1", (one) => ({ ...one, look: look({ units: new Map(), release: "0000" }) })),
      "the application servers have 2 releases in service: npx run playbook deploy",
    ],
  ])("tells of %s, and of nothing else", (_, seen, problem) => {
    expect(screenOf(seen).problems).toEqual([problem]);
  });

  it("fits on a terminal of 80 columns, whatever the names are", () => {
    const long = "x".repeat(200);
    const seen = altered("web1", (one) => ({
      ...one,
      name: long,
      address: "2001:db8:1111:2222:3333:4444:5555:6666",
      look: look({ units: new Map([[long, "failed"]]), release: long }),
    }));
    const { lines } = screenOf(seen);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.length).toBeLessThanOrEqual(30);
  });
});
