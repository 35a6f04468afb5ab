/** What the status page makes of figures, and what its role makes of the inventory. */
import { describe, expect, it } from "vitest";
import { paths, scaleFor } from "../../roles/statusPage/files/page/chart-path.js";
import { pointsIn, Samples, samplesIn, UnreadableAnswer } from "../../roles/statusPage/files/page/samples.js";
import { siteState } from "../../roles/statusPage/files/page/site-state.js";
import { boxName, way, wiresOf } from "../../roles/statusPage/files/page/wires.js";
import { duration, figure, spelt } from "../../roles/statusPage/files/page/words.js";
import { loginLine, scryptHash } from "../../roles/statusPage/login.ts";
import { topologyOf } from "../../roles/statusPage/topology.ts";
import { reveal } from "../../src/index.ts";
import {
  address,
  alert,
  broken,
  changed,
  type Figure,
  healthy,
  now,
  poolStates,
  topology,
} from "./status-page/scenes.ts";

const stateOf = (figures: readonly Figure[]) => siteState(topology, new Samples(figures), now);
const problems = (figures: readonly Figure[]) =>
  stateOf(figures).verdict.problems.map(({ state, text }) => `${state} ${text}`);
/** Without what a figure said, and with what it says now. */
const said = (name: string, value: number, labels: Figure["labels"]) =>
  changed(
    healthy,
    (one) => one.name === name && Object.entries(labels).every(([label, text]) => one.labels[label] === text),
    [{ name, value, labels }],
  );

describe("the verdict", () => {
  it("is good where all figures are", () => {
    expect(stateOf(healthy).verdict).toEqual({ state: "ok", text: "All is well", problems: [] });
  });

  it("names what is broken, once for each host, and goes on where the site still serves", () => {
    const { verdict } = stateOf(broken);
    expect(verdict.text).toBe("The site serves, with 2 problems");
    expect(problems(broken)).toEqual([
      "bad lb1: does not answer",
      "bad db2: applies nothing of what it receives",
      "warning certificate of mon1: 12 days left",
      "paused web2: drained",
    ]);
  });

  it("is that the site is down where no server is in the pool, or nobody holds the address", () => {
    const noServer = changed(
      healthy,
      ({ name, labels }) => name === "haproxy_server_status" && labels["state"] === "UP",
      [
        {
          name: "haproxy_server_status",
          value: 1,
          labels: { host: "lb1", proxy: "web", server: "web1", state: "DOWN" },
        },
      ],
    );
    const noHolder = changed(
      healthy,
      ({ name, labels }) => name === "keepalived_master" || labels["what"] === "address",
      ["lb1", "lb2"].map((host) => ({ name: "keepalived_master", value: 0, labels: { host, address } })),
    );
    for (const figures of [noServer, noHolder])
      expect(stateOf(figures).verdict.text).toBe("The site is down");
  });

  it("says that nothing is known where there are no figures", () => {
    const { verdict } = stateOf([]);
    expect([verdict.state, verdict.text]).toEqual(["unknown", "Nothing is known of the site"]);
  });

  it("counts alerts where nothing else is wrong", () => {
    const one = stateOf([...healthy, ...alert("DiskFull", "critical", { host: "web1" })]);
    expect([one.verdict.state, one.verdict.text]).toEqual(["bad", "The site serves, with 1 alert"]);
  });
});

describe("a host", () => {
  it.each([
    [
      "its only exporter is away, but it serves",
      changed(
        said("up", 0, { host: "web1", job: "node" }),
        ({ name, labels }) =>
          labels["host"] === "web1" && (labels["job"] === "nginx" || name === "haproxy_server_status"),
      ),
      "warning web1: node exporter does not answer",
    ],
    [
      "its exporter alone is away",
      said("up", 0, { host: "web1", job: "node" }),
      "warning web1: node exporter does not answer",
    ],
    ["its service is away", said("up", 0, { host: "web1", job: "nginx" }), "bad web1: Nginx does not answer"],
    ["its exporter says so", said("nginx_up", 0, { host: "web1" }), "bad web1: Nginx does not answer"],
    ["the database is away", said("mysql_up", 0, { host: "db1" }), "bad db1: the database does not answer"],
    [
      "a probe fails",
      said("probe_success", 0, { host: "web2", what: "application" }),
      "bad web2: does not serve",
    ],
    [
      "the primary is read-only",
      said("mysql_global_variables_read_only", 1, { host: "db1" }),
      "bad db1: the primary takes no writes",
    ],
    [
      "the replica is writable",
      said("mysql_global_variables_read_only", 0, { host: "db2" }),
      "warning db2: the replica takes writes",
    ],
  ])("is told of where %s", (_, figures, problem) => {
    expect(problems(figures)).toEqual([problem]);
  });

  it("is not said to answer because the monitoring host could send a probe", () => {
    const figures = changed(healthy, ({ labels }) => labels["host"] === "web1", [
      { name: "up", value: 1, labels: { host: "web1", job: "probe" } },
    ]);
    expect(problems(figures)).toContain("unknown web1: no figures");
  });
});

describe("the address", () => {
  it.each([
    [1, 0, "ok", "held by lb1"],
    [0, 1, "ok", "held by lb2"],
    [1, 1, "bad", "held by lb1 and lb2"],
    [0, 0, "bad", "nobody holds it"],
  ])("with lb1 saying %i and lb2 saying %i is %s", (one, two, state, text) => {
    const figures = changed(healthy, ({ name }) => name === "keepalived_master", [
      { name: "keepalived_master", value: one, labels: { host: "lb1", address } },
      { name: "keepalived_master", value: two, labels: { host: "lb2", address } },
    ]);
    expect(stateOf(figures).addresses).toMatchObject([{ state, text }]);
  });
});

describe("an address whose holder does not tell", () => {
  const figures = changed(
    healthy,
    ({ name, labels }) =>
      labels["host"] === "lb1" && (labels["job"] === "node" || name === "keepalived_master"),
    [{ name: "up", value: 0, labels: { host: "lb1", job: "node" } }],
  );

  it("is not away while it answers", () => {
    expect(stateOf(figures).addresses).toMatchObject([{ state: "unknown", isAway: false }]);
    expect(stateOf(figures).verdict.text).toBe("The site serves, with 1 warning");
    expect(problems(figures)).toEqual([
      "warning lb1: node exporter does not answer",
      `unknown ${address}: lb1 may hold it, and does not say so`,
    ]);
  });

  it("is away where it does not answer", () => {
    const silent = changed(figures, ({ labels }) => labels["what"] === "address", [
      { name: "probe_success", value: 0, labels: { what: "address", target: `https://${address}/healthz` } },
    ]);
    expect(stateOf(silent).verdict.text).toBe("The site is down");
  });
});

it("is known by its probe where it is of IPv6, too", () => {
  const site = { ...topology, addresses: ["fd00::10"] };
  const figures = [
    {
      name: "probe_success",
      value: 0,
      labels: { what: "address", target: "https://[fd00::10]:443/healthz" },
    },
  ];
  expect(siteState(site, new Samples(figures), now).addresses).toMatchObject([{ isAway: true }]);
});

it("is away where it does not answer, whoever holds it", () => {
  const away = said("probe_success", 0, { what: "address", target: `https://${address}/healthz` });
  expect(stateOf(away).verdict.text).toBe("The site is down");
  expect(problems(away)).toEqual([`bad ${address}: does not answer, held by lb1`]);
});

describe("the pool", () => {
  it.each([
    ["UP", "ok", "up"],
    ["DOWN", "bad", "down"],
    ["MAINT", "paused", "maintenance"],
    ["DRAIN", "paused", "drain"],
    ["NOLB", "warning", "takes nothing new"],
  ])("has a server that is %s as %s", (haproxy, state, word) => {
    const figures = changed(
      healthy,
      ({ labels }) => labels["server"] === "web1",
      ["lb1", "lb2"].flatMap((host) =>
        poolStates.map((one) => ({
          name: "haproxy_server_status",
          value: one === haproxy ? 1 : 0,
          labels: { host, proxy: "web", server: "web1", state: one },
        })),
      ),
    );
    const [row] = stateOf(figures).pool.rows;
    expect(row).toEqual({
      server: "web1",
      cells: [
        { state, word },
        { state, word },
      ],
    });
  });

  it("is not what balancers ask each other", () => {
    const asked = { host: "lb1", proxy: "challenges", server: "web1", state: "DOWN" };
    const figures = [...healthy, { name: "haproxy_server_status", value: 1, labels: asked }];
    expect(stateOf(figures).verdict.text).toBe("All is well");
  });

  it("says at which balancer a server is taken out", () => {
    expect(
      problems(said("haproxy_server_status", 1, { host: "lb2", server: "web1", state: "DOWN" })),
    ).toEqual(["bad web1: out of the pool at lb2"]);
  });
});

describe("replication", () => {
  const behind = "mysql_slave_status_seconds_behind_master";
  it.each([
    [said(behind, 4, { host: "db2" }), "ok", "4 s behind"],
    [said(behind, 45, { host: "db2" }), "warning", "45 s behind"],
    [said(behind, 900, { host: "db2" }), "bad", "15 min behind"],
    [said(behind, Number.NaN, { host: "db2" }), "warning", "does not say how far behind it is"],
    [
      said("mysql_slave_status_slave_io_running", 0, { host: "db2" }),
      "bad",
      "receives nothing from its primary",
    ],
    [changed(healthy, ({ name }) => name.startsWith("mysql_slave")), "unknown", "no figures of replication"],
  ])("is read from the replica (%#)", (figures, state, text) => {
    expect(stateOf(figures).replication).toEqual([{ host: "db2", from: "db1", state, text }]);
  });
});

describe("alerts and certificates", () => {
  it("come with the worst first", () => {
    const { alerts, certificates } = stateOf(broken);
    expect(
      alerts.map(({ name, severity, about, since }) => [name, severity, about, now - (since ?? 0)]),
    ).toEqual([
      ["Host down", "critical", "lb1", 300],
      ["Replication stopped", "critical", "db2", 1900],
      ["Certificate ends soon", "warning", "https://10.77.0.41/ · status page", 90_000],
    ]);
    expect(certificates.map(({ name, state, text }) => [name, state, text])).toEqual([
      ["mon1", "warning", "12 days left"],
      ["10.77.0.10", "ok", "81 days left"],
    ]);
  });

  it("find a certificate late on the day on which its alert fires", () => {
    const left = (days: number) => said("probe_ssl_earliest_cert_expiry", now + days * 86_400, {});
    expect(problems(left(20.5))).toEqual([]);
    expect(stateOf(left(19.5)).certificates).toMatchObject([{ state: "warning" }]);
  });

  it("leave out alerts that do not fire yet, and the one that always does", () => {
    const pending = alert("HostDown", "critical").map((one) => ({
      ...one,
      labels: { ...one.labels, alertstate: "pending" },
    }));
    expect(stateOf([...healthy, ...pending]).alerts).toEqual([]);
  });
});

describe("the lines of the drawing", () => {
  const line = (figures: readonly Figure[], from: string, to: string) =>
    wiresOf(stateOf(figures)).find((wire) => wire.from === from && wire.to === to)?.flow;

  it("show the way that requests take", () => {
    expect(line(healthy, boxName("address", address), boxName("balancers", "lb1"))).toBe("on");
    expect(line(healthy, boxName("address", address), boxName("balancers", "lb2"))).toBe("spare");
    expect(line(healthy, boxName("balancers", "lb2"), boxName("web", "web1"))).toBe("spare");
    expect(line(broken, boxName("balancers", "lb2"), boxName("web", "web1"))).toBe("on");
    expect(line(broken, boxName("balancers", "lb2"), boxName("web", "web2"))).toBe("spare");
    expect(line(broken, boxName("databases", "db1"), boxName("databases", "db2"))).toBe("off");
  });

  it("join a web server to the application beside it, and the application to all databases", () => {
    expect(line(healthy, boxName("web", "web1"), boxName("application", "web1"))).toBe("on");
    expect(line(healthy, boxName("web", "web1"), boxName("application", "web2"))).toBeUndefined();
    for (const name of ["db1", "db2"])
      expect(line(healthy, boxName("application", "web1"), boxName("databases", name))).toBe("on");
  });

  it("run the way that the drawing runs, and the other way within a tier", () => {
    const box = (left: number, top: number) => ({ left, top, right: left + 10, bottom: top + 10 });
    const sideways = "M10 5C30 5 30 25 50 25";
    const down = "M5 10C5 15 55 15 55 20";
    expect(way(box(0, 0), box(50, 20), false)).toBe(sideways);
    expect(way(box(0, 0), box(50, 20), true)).toBe(down);
    expect(way(box(0, 0), box(50, 0), true)).toBe("M10 5C30 5 30 5 50 5");
    expect(way(box(0, 0), box(0, 50), false)).toBe("M5 10C5 30 5 30 5 50");
  });
});

describe("what Prometheus answers", () => {
  const vector = (result: unknown) => ({ status: "success", data: { resultType: "vector", result } });

  it("is read as figures", () => {
    const answer = vector([
      { metric: { __name__: "up", host: "lb1" }, value: [now, "1"] },
      { metric: {}, value: [now, "+Inf"] },
    ]);
    expect(samplesIn(answer)).toEqual({
      time: now,
      samples: [
        { name: "up", labels: { host: "lb1" }, value: 1 },
        { name: "", labels: {}, value: Number.POSITIVE_INFINITY },
      ],
    });
  });

  it.each([
    [undefined],
    ["<html>"],
    [{ status: "error", error: "no" }],
    [vector("x")],
    [vector([{ value: [1, "1"] }])],
    [vector([{ metric: {}, value: [1] }])],
    [vector([{ metric: {}, value: { 0: 1 } }])],
  ])("is refused where it is no such answer (%#)", (answer) => {
    expect(() => samplesIn(answer)).toThrow(UnreadableAnswer);
  });

  it("is read as points, without those that are no number", () => {
    const values = [
      [now, "1"],
      [now + 30, "NaN"],
      [now + 60, "3"],
    ];
    expect(
      pointsIn({ status: "success", data: { resultType: "matrix", result: [{ metric: {}, values }] } }),
    ).toEqual([
      { time: now, value: 1 },
      { time: now + 60, value: 3 },
    ]);
    expect(pointsIn({ status: "success", data: { resultType: "matrix", result: [] } })).toEqual([]);
  });
});

describe("a chart", () => {
  const span = { from: 0, to: 300, step: 30 };

  it("breaks its line where figures are missing", () => {
    const points = [0, 30, 60, 180, 210].map((time) => ({ time, value: 1 }));
    expect(paths(points, span, 1).map(({ line }) => line)).toEqual([
      "M0.0 6.0L30.0 6.0L60.0 6.0",
      "M180.0 6.0L210.0 6.0",
    ]);
  });

  it.each([
    [0, 1],
    [0.31, 0.4],
    [1, 1],
    [290, 300],
    [1000, 1000],
    [Number.NaN, 1],
  ])("of at most %d goes up to %d", (highest, top) => {
    expect(scaleFor(highest)).toBeCloseTo(top);
  });
});

it.each([
  [0.42, "0.4 s"],
  [90, "90 s"],
  [900, "15 min"],
  [90_000, "25 h"],
  [86_400 * 12.4, "12 days"],
])("a duration of %d seconds is %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it.each([
  [0, "0"],
  [0.314, "0.31"],
  [31.4, "31.4"],
  [314.2, "314"],
  [314_159, "314 k"],
])("the figure %d is %s", (value, text) => {
  expect(figure(value)).toBe(text);
});

it.each([
  ["ReplicationStopped", "Replication stopped"],
  ["HTTPErrors", "HTTPErrors"],
  ["host_down", "host down"],
])("the alert %s is spelt %s", (name, text) => {
  expect(spelt(name)).toBe(text);
});

describe("the role", () => {
  const hosts: Readonly<Record<string, string[]>> = {
    lb: ["lb1"],
    web: ["n1", "n2"],
    app: ["n1", "n2"],
    db_primary: ["n1"],
    db_replica: ["n2"],
  };
  const inventory = {
    has: (group: string) => group in hosts,
    select: (pattern: string) =>
      (hosts[pattern] ?? []).map((name) => ({ name, address: `192.0.2.${name.length}` })),
  };

  it("draws the inventory's groups, and leaves out what it has not", () => {
    const { tiers } = topologyOf({ title: "shop", addresses: [], groups: {} }, inventory);
    expect(
      tiers.map(({ kind, hosts: all }) => [
        kind,
        all.map(({ name, part }) => `${name} ${part ?? ""}`.trim()),
      ]),
    ).toEqual([
      ["balancers", ["lb1"]],
      ["web", ["n1", "n2"]],
      ["application", ["n1", "n2"]],
      ["databases", ["n1 primary", "n2 replica"]],
    ]);
  });

  it("refuses to draw nothing", () => {
    const nobody = { has: () => false, select: () => [] };
    expect(() => topologyOf({ title: "shop", addresses: [], groups: {} }, nobody)).toThrow(/nothing to show/);
  });

  it("hashes a password as crypt(3) does", () => {
    // made by libxcrypt: crypt("correct horse", "$7$A6..../....0123456789abcdefghijkl")
    expect(scryptHash("correct horse", "0123456789abcdefghijkl")).toBe(
      "$7$A6..../....0123456789abcdefghijkl$Dj2cqVrcG9onYN4UJlQAjXlINZd8bBy0ZSBXJUiBd2/",
    );
  });

  it("has the same line for a login at each run, and another one for each host and user", () => {
    const line = (user: string, host: string) => reveal(loginLine(user, "correct horse", host));
    expect(line("operator", "mon1")).toBe(line("operator", "mon1"));
    expect(line("operator", "mon1")).toMatch(
      /^operator:\$7\$A6\.{4}\/\.{4}[0-9a-f]{22}\$[./0-9A-Za-z]{43}\n$/,
    );
    const hashes = [line("operator", "mon1"), line("operator", "mon2"), line("admin", "mon1")].map(
      (one) => one.split(":")[1],
    );
    expect(new Set(hashes).size).toBe(3);
  });
});
