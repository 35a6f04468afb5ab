/** What Prometheus says of a small site: when all is well, and when it is not. */
import type { Topology } from "../../../roles/statusPage/drawn-site.ts";

export interface Figure {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The moment of every scene, in seconds. */
export const now = 1_800_000_000;
export const address = "10.77.0.10";

export const topology: Topology = {
  title: "site.example",
  addresses: [address],
  tiers: [
    {
      kind: "balancers",
      hosts: [
        { name: "lb1", address: "10.77.0.11" },
        { name: "lb2", address: "10.77.0.12" },
      ],
    },
    {
      kind: "web",
      hosts: [
        { name: "web1", address: "10.77.0.21" },
        { name: "web2", address: "10.77.0.22" },
      ],
    },
    {
      kind: "application",
      hosts: [
        { name: "web1", address: "10.77.0.21" },
        { name: "web2", address: "10.77.0.22" },
      ],
    },
    {
      kind: "databases",
      hosts: [
        { name: "db1", address: "10.77.0.31", part: "primary" },
        { name: "db2", address: "10.77.0.32", part: "replica" },
      ],
    },
    { kind: "monitoring", hosts: [{ name: "mon1", address: "10.77.0.41" }] },
  ],
};

const figure = (name: string, value: number, labels: Figure["labels"]): Figure => ({ name, value, labels });
const up = (host: string, job: string, value = 1) => figure("up", value, { host, job });

export const poolStates = ["UP", "DOWN", "MAINT", "DRAIN", "NOLB"] as const;

/** HAProxy tells of each state whether the server is in it. */
function server(host: string, name: string, state: (typeof poolStates)[number]): Figure[] {
  return poolStates.map((one) =>
    figure("haproxy_server_status", one === state ? 1 : 0, { host, proxy: "web", server: name, state: one }),
  );
}

const days = 86_400;

export const healthy: readonly Figure[] = [
  ...["lb1", "lb2", "web1", "web2", "db1", "db2", "mon1"].map((host) => up(host, "node")),
  ...["lb1", "lb2"].flatMap((host) => [
    up(host, "haproxy"),
    ...server(host, "web1", "UP"),
    ...server(host, "web2", "UP"),
  ]),
  ...["web1", "web2"].flatMap((host) => [
    up(host, "nginx"),
    figure("nginx_up", 1, { host, job: "nginx" }),
    figure("probe_success", 1, {
      host,
      job: "probe",
      what: "application",
      target: `http://${host}:8000/healthz`,
    }),
  ]),
  ...["db1", "db2"].flatMap((host) => [up(host, "mysql"), figure("mysql_up", 1, { host, job: "mysql" })]),
  up("mon1", "prometheus"),
  up("mon1", "alertmanager"),
  figure("keepalived_master", 1, { host: "lb1", job: "node", address }),
  figure("keepalived_master", 0, { host: "lb2", job: "node", address }),
  figure("mysql_global_variables_read_only", 0, { host: "db1" }),
  figure("mysql_global_variables_read_only", 1, { host: "db2" }),
  figure("mysql_slave_status_slave_io_running", 1, { host: "db2" }),
  figure("mysql_slave_status_slave_sql_running", 1, { host: "db2" }),
  figure("mysql_slave_status_seconds_behind_master", 0, { host: "db2" }),
  figure("probe_success", 1, {
    host: "mon1",
    job: "probe",
    what: "address",
    target: `https://${address}/healthz`,
  }),
  figure("probe_ssl_earliest_cert_expiry", now + 81.4 * days, {
    host: "mon1",
    what: "address",
    target: `https://${address}/healthz`,
  }),
  figure("probe_ssl_earliest_cert_expiry", now + 89.2 * days, {
    host: "mon1",
    what: "status page",
    target: "https://10.77.0.41/",
  }),
  figure("ALERTS", 1, { alertname: "Watchdog", alertstate: "firing", severity: "none" }),
];

/** The figures without those of these names and labels, and others in their place. */
export function changed(
  scene: readonly Figure[],
  gone: (figure: Figure) => boolean,
  added: readonly Figure[] = [],
): Figure[] {
  return [...scene.filter((one) => !gone(one)), ...added];
}

export const alert = (name: string, severity: string, labels: Figure["labels"] = {}, age = 300): Figure[] => [
  figure("ALERTS", 1, { alertname: name, alertstate: "firing", severity, ...labels }),
  figure("ALERTS_FOR_STATE", now - age, { alertname: name, severity, ...labels }),
];

/** lb1 and db2's replication have failed, web2 is drained, a certificate ends soon. */
export const broken: readonly Figure[] = changed(
  healthy,
  ({ name, labels }) =>
    labels["host"] === "lb1" ||
    labels["what"] === "status page" ||
    (labels["host"] === "lb2" && (labels["server"] === "web2" || name === "keepalived_master")) ||
    name === "mysql_slave_status_slave_sql_running",
  [
    up("lb1", "node", 0),
    up("lb1", "haproxy", 0),
    figure("keepalived_master", 1, { host: "lb2", job: "node", address }),
    ...server("lb2", "web2", "DRAIN"),
    figure("mysql_slave_status_slave_sql_running", 0, { host: "db2" }),
    figure("probe_ssl_earliest_cert_expiry", now + 12.3 * days, {
      host: "mon1",
      what: "status page",
      target: "https://10.77.0.41/",
    }),
    ...alert("HostDown", "critical", { host: "lb1", job: "node" }),
    ...alert("ReplicationStopped", "critical", { host: "db2" }, 1900),
    ...alert(
      "CertificateEndsSoon",
      "warning",
      { target: "https://10.77.0.41/", what: "status page" },
      90_000,
    ),
  ],
);

/** What a host may put into a label. */
export const markup = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;

export const hostile: readonly Figure[] = [
  ...healthy,
  ...alert(markup, markup, { host: markup, [`what`]: "x".repeat(5000) }),
  ...alert("Spelt\u202ebackwards", "warning", { host: "\u202etxet" }),
  ...Array.from({ length: 200 }, (_, index) =>
    alert(`Many${index}`, "warning", { host: `h${index}` }),
  ).flat(),
  figure("keepalived_master", 1, { host: markup, address }),
  figure("probe_ssl_earliest_cert_expiry", Number.NaN, { host: "mon1", what: markup, target: markup }),
  figure("probe_ssl_earliest_cert_expiry", now + 1, { host: "mon1", what: markup, target: markup }),
];
