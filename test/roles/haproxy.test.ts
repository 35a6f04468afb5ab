/** What the role makes of its variables: HAProxy's file, and what it refuses. */
import { describe, expect, it } from "vitest";
import { configuration } from "../../roles/haproxy/configuration.ts";
import { siteOf } from "../../roles/haproxy/site.ts";
import type { Settings } from "../../roles/haproxy/variables.ts";
import { haproxy } from "../../roles/index.ts";

const defaults: Settings = {
  algorithm: "roundRobin",
  mode: "activeActive",
  port: 80,
  healthPath: "/healthz",
  maxConnections: 4096,
  healthPort: 8405,
  backends: {},
  frontends: {},
};
const hosts: Readonly<Record<string, { name: string; address: string }[]>> = {
  web: [
    { name: "web1", address: "10.0.0.1" },
    { name: "web2", address: "fd00::2" },
  ],
  mon: [{ name: "mon1", address: "10.0.0.9" }],
  named: [{ name: "mon2", address: "mon2.example" }],
};
const one = { name: "a", address: "10.0.0.1", port: 80 };
const two = { name: "b", address: "10.0.0.2", port: 80 };

/** The sections of the file by their heads, each a list of its lines. */
function sections(settings: Partial<Settings>): Map<string, string[]> {
  const text = configuration(siteOf({ ...defaults, ...settings }, (pattern) => hosts[pattern] ?? []));
  const found = new Map<string, string[]>();
  for (const line of text.split("\n"))
    if (/^\w/.test(line)) found.set(line, []);
    else if (line.trim() !== "") [...found.values()].at(-1)?.push(line.trim());
  return found;
}

const retries = [
  "# what gets no answer, or has no application behind it, is asked of another server; what may have been done, never",
  "retry-on conn-failure empty-response 502",
  "http-request disable-l7-retry unless { method GET HEAD OPTIONS }",
];

const servers = (settings: Partial<Settings>, backend = "backend web") =>
  sections(settings)
    .get(backend)
    ?.filter((line) => line.startsWith("server "));

describe("the simple form", () => {
  it("is one site before one backend, as it always was", () => {
    const made = sections({ servers: [one, two], algorithm: "leastConnections", port: 8080 });
    expect(made.get("frontend site")).toEqual(
      expect.arrayContaining([
        "bind :8080",
        "default_backend web",
        "http-request set-header X-Forwarded-For %[src]",
      ]),
    );
    expect(made.get("backend web")).toEqual([
      "balance leastconn",
      "option httpchk",
      "http-check send meth GET uri /healthz",
      "http-check expect status 200",
      ...retries,
      "default-server check inter 1000ms fall 2 rise 2",
      "server a 10.0.0.1:80",
      "server b 10.0.0.2:80",
    ]);
  });

  it("takes servers that say more of themselves: hosts of the inventory", () => {
    const host = { name: "a", address: "10.0.0.1", vars: { colour: "blue" } };
    const task = haproxy({ servers: [{ ...host, port: 80 }], healthPath: "/h?a=%20&b=1" });
    expect(task).toBeDefined();
    expect(servers({ servers: [{ ...host, ...one }] })).toEqual(["server a 10.0.0.1:80"]);
  });

  it("has all but the first server stand by", () => {
    expect(servers({ servers: [one, two], mode: "activePassive" })).toEqual([
      "server a 10.0.0.1:80",
      "server b 10.0.0.2:80 backup",
    ]);
  });
});

describe("a backend", () => {
  it("has a server for each host of a pattern", () => {
    const settings = {
      backends: { web: { hosts: "web", port: 8080 } },
      frontends: { site: { port: 80, backend: "web" } },
    };
    expect(servers(settings)).toEqual(["server web1 10.0.0.1:8080", "server web2 [fd00::2]:8080"]);
  });

  it("has what its options say", () => {
    const web: NonNullable<Settings["backends"]>[string] = {
      servers: [
        { ...one, weight: 5, maxConnections: 9 },
        { ...two, backup: true },
      ],
      algorithm: "uriHash",
      check: {
        path: "/up",
        status: "200-299",
        host: "www.example.org",
        port: 9000,
        interval: "500ms",
        fall: 3,
      },
      slowStart: "10s",
      cookie: { name: "SERVER" },
      tls: { authorities: "/etc/ca.pem", name: "web.internal" },
      closeWhenDown: true,
    };
    const made = sections({ backends: { web }, frontends: { site: { port: 80, backend: "web" } } });
    expect(made.get("backend web")).toEqual([
      "balance uri",
      "hash-type consistent",
      "cookie SERVER insert indirect nocache httponly secure",
      "option httpchk",
      "http-check send meth GET uri /up ver HTTP/1.1 hdr Host www.example.org",
      "http-check expect status 200-299",
      ...retries,
      "default-server check inter 500ms fall 3 rise 2 port 9000 slowstart 10000ms on-marked-down shutdown-sessions ssl verify required ca-file /etc/ca.pem sni str(web.internal) check-sni web.internal verifyhost web.internal",
      "server a 10.0.0.1:80 weight 5 maxconn 9 cookie a",
      "server b 10.0.0.2:80 cookie b backup",
    ]);
  });
});

it("has each server's certificate name that server, unless one name is given for all", () => {
  const web = { servers: [one, two], tls: { authorities: "/etc/ca.pem" } };
  const made = sections({ backends: { web }, frontends: { site: { port: 80, backend: "web" } } });
  expect(made.get("backend web")).toContain(
    "default-server check inter 1000ms fall 2 rise 2 ssl verify required ca-file /etc/ca.pem",
  );
  expect(made.get("backend web")).toContain("server a 10.0.0.1:80 sni str(a) check-sni a verifyhost a");
  expect(made.get("backend web")).toContain("server b 10.0.0.2:80 sni str(b) check-sni b verifyhost b");
});

describe("challenges of ACME", () => {
  const web = { servers: [one] };
  const made = (more: object = {}) =>
    sections({
      backends: { web },
      frontends: { http: { port: 80, redirectToHttps: true, challenges: more } },
    });

  it("are answered from a map, and nothing of them is redirected", () => {
    const lines = made().get("frontend http");
    expect(lines).toContain(
      'http-request return status 200 content-type text/plain lf-string "%[path,map_str(/var/lib/haproxy/challenges.map)]" if { path,map_str(/var/lib/haproxy/challenges.map) -m found }',
    );
    expect(lines).toContain("http-request return status 404 if { path_beg /.well-known/acme-challenge/ }");
    expect(lines).toContain("http-request redirect scheme https code 301 unless { var(txn.route) -m found }");
    expect(made().has("backend challenges")).toBe(false);
  });

  it("that another balancer knows are asked of the others, which do not ask back", () => {
    const all = made({ peers: "web" });
    expect(all.get("frontend http")).toEqual(
      expect.arrayContaining([
        "http-request return status 404 if { path_beg /.well-known/acme-challenge/ } { req.hdr(X-Challenge-From-Peer) -m found }",
        "use_backend challenges if { var(txn.route) -m str challenge }",
      ]),
    );
    expect(all.get("backend challenges")).toEqual(
      expect.arrayContaining([
        "http-request set-header X-Challenge-From-Peer yes",
        "server web1 10.0.0.1:80",
        "server web2 [fd00::2]:80",
      ]),
    );
  });

  it("belong to one frontend, and their backend's name is taken", () => {
    const http = { port: 80, redirectToHttps: true, challenges: {} };
    expect(() => sections({ frontends: { a: http, b: { ...http, port: 81 } } })).toThrow(
      "frontends.a and frontends.b both have `challenges`",
    );
    expect(() => sections({ backends: { challenges: web }, frontends: { a: http } })).toThrow(
      "backends.challenges: the role itself has a backend of that name",
    );
  });
});

describe("a frontend", () => {
  it("redirects what no route takes", () => {
    const made = sections({
      backends: { web: { servers: [one] } },
      frontends: {
        http: { port: 80, redirectToHttps: true, routes: [{ path: "/.well-known/", backend: "web" }] },
      },
    });
    expect(made.get("frontend http")?.slice(-3)).toEqual([
      "http-request set-var(txn.route) str(route0) if !{ var(txn.route) -m found } { path_beg /.well-known/ }",
      "http-request redirect scheme https code 301 unless { var(txn.route) -m found }",
      "use_backend web if { var(txn.route) -m str route0 }",
    ]);
  });

  it("of TCP lets in those that may, and says nothing of HTTP", () => {
    const made = sections({
      backends: { db: { protocol: "tcp", servers: [one] } },
      frontends: {
        db: {
          protocol: "tcp",
          port: 3306,
          addresses: ["10.0.0.5", "::1"],
          backend: "db",
          from: ["10.0.0.0/8"],
        },
      },
    });
    expect(made.get("frontend db")).toEqual([
      "mode tcp",
      "option tcplog",
      "option clitcpka",
      "bind 10.0.0.5:3306",
      "bind [::1]:3306",
      "timeout client 3600000ms",
      "tcp-request connection reject unless { src 10.0.0.0/8 }",
      "default_backend db",
    ]);
  });

  it("of the figures lets in the monitoring hosts alone", () => {
    const made = sections({ servers: [one], monitoring: { hosts: "mon" } });
    expect(made.get("frontend monitoring")?.slice(0, 3)).toEqual([
      "bind :8404",
      "tcp-request connection reject unless { src 10.0.0.9 }",
      "http-request use-service prometheus-exporter if { path /metrics }",
    ]);
  });
});

describe("what is refused", () => {
  const web = { web: { servers: [one] } };
  const refused: readonly (readonly [string, Partial<Settings>])[] = [
    ["HAProxy has nothing to do", {}],
    [
      'frontends.site.backend: there is no backend "wbe"',
      { backends: web, frontends: { site: { port: 80, backend: "wbe" } } },
    ],
    [
      'frontends.site.routes[0].backend: there is no backend "api"',
      {
        backends: web,
        frontends: { site: { port: 80, backend: "web", routes: [{ path: "/a", backend: "api" }] } },
      },
    ],
    ["frontends.site: nobody answers there", { backends: web, frontends: { site: { port: 80 } } }],
    [
      "speaks http, and the frontend tcp",
      { backends: web, frontends: { site: { port: 80, backend: "web", protocol: "tcp" } } },
    ],
    ["`servers` makes a backend `web`", { servers: [one], backends: web }],
    ["backends.web: there are two servers a", { servers: [one, one] }],
    ["backends.web: expected either", { backends: { web: {} } }],
    ["backends.web: `hosts` needs `port`", { backends: { web: { hosts: "web" } } }],
    ["every server is a backup", { servers: [{ ...one, backup: true }] }],
    ["both listen on port 8405", { servers: [one], port: 8405 }],
    [
      "frontends.a and frontends.b both listen on port 80",
      {
        backends: web,
        frontends: {
          a: { port: 80, backend: "web" },
          b: { port: 80, backend: "web", addresses: ["10.0.0.5"] },
        },
      },
    ],
    [
      "monitoring: expected an IP address of mon2, got mon2.example",
      { servers: [one], monitoring: { hosts: "named" } },
    ],
    [
      'need `protocol: "http"`',
      {
        backends: { db: { protocol: "tcp", servers: [one] } },
        frontends: { db: { protocol: "tcp", port: 3306, backend: "db", limits: { body: 1 } } },
      },
    ],
  ];

  it.each(refused)("%s", (message, settings) => {
    expect(() => sections(settings)).toThrow(message);
  });

  it("is told with the line of the call, before anything runs", () => {
    const frontends = JSON.parse('{"site":{"port":80,"backend":"wbe"}}');
    expect(() => haproxy({ backends: web, frontends })).toThrow(
      expect.objectContaining({
        code: "vars.invalid",
        message: expect.stringContaining('there is no backend "wbe"'),
        location: expect.objectContaining({ file: import.meta.filename }),
      }),
    );
  });

  it("does not compile, where a frontend names a backend that is not there", () => {
    const call = () =>
      haproxy({
        backends: web,
        // @ts-expect-error there is no such backend
        frontends: { site: { port: 80, backend: "wbe" } },
      });
    expect(call).toThrow("wbe");
  });

  it.each(["a b", "a\nbind :1", "a'", "ä"])("a backend of the name %j", (name) => {
    expect(() => haproxy({ backends: { [name]: { servers: [one] } }, frontends: {} })).toThrow(
      "is no name of a backend",
    );
  });

  it.each(["10.0.0.0/8", "10.0.0", "lb.example", "*"])("an address to listen on: %j", (address) => {
    const given = {
      backends: { web: { servers: [one] } },
      frontends: { site: { port: 80, backend: "web" as const, addresses: [address] } },
    };
    expect(() => haproxy(given)).toThrow("frontends.site.addresses[0]: expected an IP address");
  });

  it.each(["10.0.0.0/33", "fd00::/129", "10.0.0.0/8/8", "10.0.0", "web"])("a network: %j", (network) => {
    const given = {
      backends: { web: { servers: [one] } },
      frontends: { site: { port: 80, backend: "web" as const, from: ["10.0.0.0/8", "fd00::/8", network] } },
    };
    expect(() => haproxy(given)).toThrow("frontends.site.from[2]: expected an address or a network");
  });

  it("two frontends at one address, and not of two families", () => {
    const frontends = (address: string) => ({
      frontends: {
        a: { port: 80, backend: "web" },
        b: { port: 80, backend: "web", addresses: [address] },
      },
    });
    expect(() => sections({ backends: web, ...frontends("::1") })).not.toThrow();
    expect(() => sections({ backends: web, ...frontends("::") })).toThrow("both listen on port 80");
  });

  it.each(["/a b", "/a\nbind :1", "/a#", "/%[src]", "/%2", "/$A", "a"])("a path %j", (path) => {
    const check = { path };
    const given = {
      backends: { web: { servers: [one], check } },
      frontends: { site: { port: 80, backend: "web" as const } },
    };
    expect(() => haproxy(given)).toThrow(
      expect.objectContaining({ details: expect.arrayContaining([expect.stringContaining("check.path: ")]) }),
    );
  });
});
