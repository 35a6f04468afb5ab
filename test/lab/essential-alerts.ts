/**
 * What each of the essential alerts is about, as series that make it fire and series that do not: a file for `promtool
 * test rules`.
 */

/** A series with its values, one every 15 seconds, in promtool's words: `1x4 0x20`. */
type Series = Readonly<Record<string, string>>;

interface AlertCase {
  readonly alert: string;
  /** Something is wrong from the fifth value on, one minute in. */
  readonly wrong: Series;
  /** How long it must be wrong, in seconds. */
  readonly after: number;
  /** The labels of the alerts, besides its name and its severity; one for each that fires. */
  readonly fires: readonly Readonly<Record<string, string>>[];
  readonly severity: "critical" | "warning";
  /** What is no reason. */
  readonly right: readonly Series[];
}

const turns = (from: string | number, to: string | number) => `${from}x3 ${to}x160`;
const stays = (value: string | number) => `${value}x164`;
const unit = (name: string, state: string) =>
  `node_systemd_unit_state{job="node",host="web1",name="${name}",state="${state}"}`;
const disk = (what: string) => `node_filesystem_${what}{job="node",host="db1",mountpoint="/"}`;
const replica = 'job="mysql",host="db2",role="replica"';
const probe = (what: string, target: string, host: string) =>
  `probe_success{job="probe",host="${host}",what="${what}",target="${target}"}`;
const readOnly = (host: string) => `mysql_global_variables_read_only{job="mysql",host="${host}"}`;
const site = "http://10.0.0.10:80/healthz";
const addressProbe = (target = site) => `probe_success{job="probe",what="address",target="${target}"}`;
const holds = (host: string, address: string) =>
  `keepalived_master{job="node",host="${host}",address="${address}"}`;
// whether they answer or not: these are all that there are
const balancers = { 'up{job="haproxy",host="lb1"}': stays(1), 'up{job="haproxy",host="lb2"}': stays(0) };
const databases = { 'up{job="mysql",host="db1"}': stays(0), 'up{job="mysql",host="db2"}': stays(1) };
const day = 86_400;

export const alertCases: readonly AlertCase[] = [
  {
    alert: "HostDown",
    severity: "critical",
    after: 60,
    wrong: {
      'up{job="node",host="web1"}': turns(1, 0),
      'up{job="nginx",host="web1"}': turns(1, 0),
      'up{job="probe",host="web1"}': stays(1),
      [probe("web", site, "web1")]: turns(1, 0),
      'up{job="node",host="web2"}': stays(1),
    },
    fires: [{ host: "web1" }],
    right: [
      // one answer is missed
      { 'up{job="node",host="web1"}': "1x10 0 1x160" },
      // the host answers by something else; a probe's own `up` is the monitoring host's
      { 'up{job="node",host="web1"}': turns(1, 0), 'up{job="nginx",host="web1"}': stays(1) },
      { 'up{job="node",host="web1"}': turns(1, 0), [probe("web", site, "web1")]: stays(1) },
      // the address is no host
      { [addressProbe()]: turns(1, 0) },
    ],
  },
  {
    alert: "ExporterDown",
    severity: "warning",
    after: 60,
    wrong: {
      'up{job="node",host="db1"}': stays(1),
      'up{job="mysql",host="db1"}': turns(1, 0),
      'up{job="node",host="web1"}': turns(1, 0),
      'up{job="nginx",host="web1"}': stays(1),
    },
    fires: [
      { job: "mysql", host: "db1" },
      { job: "node", host: "web1" },
    ],
    // the whole host is down: that is told already
    right: [{ 'up{job="node",host="db1"}': turns(1, 0), 'up{job="mysql",host="db1"}': turns(1, 0) }],
  },
  {
    alert: "ServiceFailed",
    severity: "warning",
    after: 60,
    wrong: { [unit("backup.service", "failed")]: turns(0, 1) },
    fires: [{ job: "node", host: "web1", name: "backup.service", state: "failed" }],
    right: [{ [unit("backup.service", "failed")]: stays(0), [unit("backup.service", "inactive")]: stays(1) }],
  },
  {
    alert: "ServiceStopped",
    severity: "warning",
    after: 60,
    wrong: { [unit("nginx.service", "inactive")]: turns(0, 1) },
    fires: [{ job: "node", host: "web1", name: "nginx.service", state: "inactive" }],
    right: [
      { [unit("apt-daily.service", "inactive")]: stays(1), [unit("nginx.service", "active")]: stays(1) },
    ],
  },
  {
    alert: "DiskNearlyFull",
    severity: "warning",
    after: 300,
    wrong: {
      [disk("avail_bytes")]: turns(50, 9),
      [disk("size_bytes")]: stays(100),
      [disk("readonly")]: stays(0),
    },
    fires: [{ job: "node", host: "db1", mountpoint: "/" }],
    // a medium that nobody can write to is always full
    right: [
      { [disk("avail_bytes")]: stays(0), [disk("size_bytes")]: stays(100), [disk("readonly")]: stays(1) },
      { [disk("avail_bytes")]: stays(11), [disk("size_bytes")]: stays(100), [disk("readonly")]: stays(0) },
    ],
  },
  {
    alert: "InodesNearlyUsedUp",
    severity: "warning",
    after: 300,
    wrong: {
      [disk("files_free")]: turns(50, 9),
      [disk("files")]: stays(100),
      [disk("readonly")]: stays(0),
    },
    fires: [{ job: "node", host: "db1", mountpoint: "/" }],
    // btrfs counts none
    right: [{ [disk("files_free")]: stays(0), [disk("files")]: stays(0), [disk("readonly")]: stays(0) }],
  },
  {
    alert: "MemoryLow",
    severity: "warning",
    after: 300,
    wrong: {
      'node_memory_MemAvailable_bytes{job="node",host="db1"}': turns(50, 9),
      'node_memory_MemTotal_bytes{job="node",host="db1"}': stays(100),
    },
    fires: [{ job: "node", host: "db1" }],
    right: [
      {
        'node_memory_MemAvailable_bytes{job="node",host="db1"}': stays(11),
        'node_memory_MemTotal_bytes{job="node",host="db1"}': stays(100),
      },
    ],
  },
  {
    alert: "ClockNotSynchronised",
    severity: "warning",
    after: 900,
    wrong: { 'node_timex_sync_status{job="node",host="db1"}': turns(1, 0) },
    fires: [{ job: "node", host: "db1" }],
    right: [{ 'node_timex_sync_status{job="node",host="db1"}': stays(1) }],
  },
  {
    alert: "NoServerInBackend",
    severity: "critical",
    after: 15,
    wrong: {
      'haproxy_backend_active_servers{job="haproxy",host="lb1",proxy="web"}': turns(2, 0),
      'haproxy_backend_backup_servers{job="haproxy",host="lb1",proxy="web"}': stays(0),
    },
    fires: [{ job: "haproxy", host: "lb1", proxy: "web" }],
    // a server that stands by does the work
    right: [
      {
        'haproxy_backend_active_servers{job="haproxy",host="lb1",proxy="web"}': stays(0),
        'haproxy_backend_backup_servers{job="haproxy",host="lb1",proxy="web"}': stays(1),
      },
      // the other balancer restarts
      {
        'haproxy_backend_active_servers{job="haproxy",host="lb1",proxy="challenges"}': turns(1, 0),
        'haproxy_backend_backup_servers{job="haproxy",host="lb1",proxy="challenges"}': stays(0),
      },
    ],
  },
  {
    alert: "ServerDown",
    severity: "warning",
    after: 30,
    wrong: {
      'haproxy_server_status{job="haproxy",host="lb1",proxy="web",server="web1",state="DOWN"}': turns(0, 1),
    },
    fires: [{ job: "haproxy", host: "lb1", proxy: "web", server: "web1", state: "DOWN" }],
    right: [
      { 'haproxy_server_status{job="haproxy",host="lb1",proxy="web",server="web1",state="MAINT"}': stays(1) },
      {
        'haproxy_server_status{job="haproxy",host="lb1",proxy="challenges",server="lb2",state="DOWN"}':
          stays(1),
      },
    ],
  },
  {
    alert: "AddressNotHeldOnce",
    severity: "critical",
    after: 15,
    wrong: {
      ...balancers,
      [holds("lb1", "10.0.0.10")]: stays(1),
      [holds("lb2", "10.0.0.10")]: turns(0, 1),
      [holds("lb1", "10.0.0.11")]: turns(1, 0),
      [holds("lb2", "10.0.0.11")]: stays(0),
    },
    fires: [{ address: "10.0.0.10" }, { address: "10.0.0.11" }],
    right: [
      // it moves
      {
        ...balancers,
        [holds("lb1", "10.0.0.10")]: turns(1, 0),
        [holds("lb2", "10.0.0.10")]: turns(0, 1),
      },
      // the holder says nothing: it may hold the address all the same
      { ...balancers, [holds("lb1", "10.0.0.10")]: "1x3 stale", [holds("lb2", "10.0.0.10")]: stays(0) },
    ],
  },
  ...[site, "https://[fd00::10]:443/healthz"].map((target): AlertCase => {
    const address = target === site ? "10.0.0.10" : "fd00::10";
    return {
      alert: "AddressHolderUnknown",
      severity: "warning",
      after: 120,
      wrong: {
        ...balancers,
        [addressProbe(target)]: stays(1),
        [holds("lb1", address)]: "1x3 stale",
        [holds("lb2", address)]: stays(0),
      },
      fires: [{ job: "probe", what: "address", target, address }],
      right: [
        // a site without such an address
        { [probe("balancer", "http://10.0.0.11:80/healthz", "lb1")]: stays(1) },
        // the other balancer is off; all say that they do not hold it
        { ...balancers, [addressProbe(target)]: stays(1), [holds("lb1", address)]: stays(1) },
        {
          ...balancers,
          [addressProbe(target)]: stays(0),
          [holds("lb1", address)]: stays(0),
          [holds("lb2", address)]: stays(0),
        },
      ],
    };
  }),
  {
    alert: "SiteUnreachable",
    severity: "critical",
    after: 15,
    wrong: { [addressProbe()]: turns(1, 0) },
    fires: [{ job: "probe", what: "address", target: site }],
    right: [{ [probe("web", "http://10.0.0.21:80/healthz", "web1")]: turns(1, 0) }],
  },
  {
    alert: "ProbeFailed",
    severity: "warning",
    after: 30,
    wrong: {
      [probe("web", "http://10.0.0.21:80/healthz", "web1")]: turns(1, 0),
      // the host answers otherwise
      'up{job="node",host="web1"}': turns(1, 0),
      'up{job="nginx",host="web1"}': stays(1),
    },
    fires: [{ job: "probe", host: "web1", what: "web", target: "http://10.0.0.21:80/healthz" }],
    right: [
      {
        [probe("web", "http://10.0.0.21:80/healthz", "web1")]: turns(1, 0),
        'up{job="node",host="web1"}': turns(1, 0),
      },
    ],
  },
  {
    alert: "CertificateExpiresSoon",
    severity: "warning",
    after: 300,
    wrong: {
      'probe_ssl_earliest_cert_expiry{job="probe",host="lb1",target="https://10.0.0.11"}': turns(
        90 * day,
        19 * day,
      ),
    },
    fires: [{ job: "probe", host: "lb1", target: "https://10.0.0.11" }],
    right: [
      {
        'probe_ssl_earliest_cert_expiry{job="probe",host="lb1",target="https://10.0.0.11"}': stays(21 * day),
      },
    ],
  },
  {
    alert: "DatabaseDown",
    severity: "critical",
    after: 30,
    wrong: { 'mysql_up{job="mysql",host="db1",role="primary"}': turns(1, 0) },
    fires: [{ job: "mysql", host: "db1", role: "primary" }],
    right: [{ 'mysql_up{job="mysql",host="db1",role="primary"}': stays(1) }],
  },
  ...["slave", "replica"].map(
    (word): AlertCase => ({
      alert: "ReplicationStopped",
      severity: "critical",
      after: 30,
      wrong: {
        [`mysql_slave_status_${word}_io_running{${replica}}`]: turns(1, 0),
        [`mysql_slave_status_${word}_sql_running{${replica}}`]: stays(1),
      },
      fires: [{ host: "db2" }],
      right: [
        {
          [`mysql_slave_status_${word}_io_running{${replica}}`]: stays(1),
          [`mysql_slave_status_${word}_sql_running{${replica}}`]: stays(1),
        },
      ],
    }),
  ),
  ...["master", "source"].map(
    (word): AlertCase => ({
      alert: "ReplicationLag",
      severity: "warning",
      after: 60,
      wrong: { [`mysql_slave_status_seconds_behind_${word}{${replica}}`]: turns(0, 31) },
      fires: [{ host: "db2" }],
      right: [{ [`mysql_slave_status_seconds_behind_${word}{${replica}}`]: stays(30) }],
    }),
  ),
  ...["master", "source"].map(
    (word): AlertCase => ({
      alert: "ReplicationUnknown",
      severity: "critical",
      after: 60,
      wrong: {
        [`mysql_up{${replica}}`]: stays(1),
        [`mysql_slave_status_seconds_behind_${word}{${replica}}`]: "0x3 stale",
      },
      fires: [{ job: "mysql", host: "db2", role: "replica" }],
      right: [
        {
          [`mysql_up{${replica}}`]: stays(1),
          [`mysql_slave_status_seconds_behind_${word}{${replica}}`]: stays(0),
          'mysql_up{job="mysql",host="db1",role="primary"}': stays(1),
        },
      ],
    }),
  ),
  // the primary can't be written to; a replica can
  ...[
    [turns(0, 1), stays(1)],
    [stays(0), turns(1, 0)],
  ].map(
    ([first = "", second = ""]): AlertCase => ({
      alert: "WritersNotOne",
      severity: "critical",
      after: 30,
      wrong: { ...databases, [readOnly("db1")]: first, [readOnly("db2")]: second },
      fires: [{}],
      right: [
        { ...databases, [readOnly("db1")]: stays(0), [readOnly("db2")]: stays(1) },
        // the primary says nothing: it may take writes all the same
        { ...databases, [readOnly("db1")]: "0x3 stale", [readOnly("db2")]: stays(1) },
      ],
    }),
  ),
  {
    alert: "ConfigurationRefused",
    severity: "warning",
    after: 60,
    wrong: { 'prometheus_config_last_reload_successful{job="prometheus",host="mon1"}': turns(1, 0) },
    fires: [{ job: "prometheus", host: "mon1" }],
    right: [{ 'alertmanager_config_last_reload_successful{job="alertmanager",host="mon1"}': stays(1) }],
  },
  {
    alert: "RulesFail",
    severity: "warning",
    after: 0,
    wrong: {
      'prometheus_rule_evaluation_failures_total{job="prometheus",host="mon1",rule_group="hosts"}':
        "0x3 1+1x160",
    },
    fires: [{ job: "prometheus", host: "mon1", rule_group: "hosts" }],
    right: [
      {
        'prometheus_rule_evaluation_failures_total{job="prometheus",host="mon1",rule_group="hosts"}':
          stays(3),
      },
    ],
  },
  {
    alert: "AlertsNotSent",
    severity: "warning",
    after: 300,
    wrong: {
      'alertmanager_notifications_failed_total{job="alertmanager",host="mon1",integration="email"}':
        "0x3 1+1x160",
    },
    fires: [{ job: "alertmanager", host: "mon1", integration: "email" }],
    right: [
      {
        'alertmanager_notifications_failed_total{job="alertmanager",host="mon1",integration="email"}':
          stays(3),
      },
    ],
  },
];

/**
 * The text of a file for `promtool test rules`: JSON, which YAML reads, too.
 *
 * @param rules where the rules are, from that file's place
 */
export function promtoolTests(rules: string): string {
  const wrongFrom = 60;
  const asked = (alert: string, seconds: number, fires: AlertCase["fires"], severity: string) => ({
    expr: `ALERTS{alertname="${alert}", alertstate="firing"}`,
    eval_time: `${seconds}s`,
    exp_samples: fires.map((labels) => ({
      labels: `ALERTS{${Object.entries({ ...labels, alertname: alert, alertstate: "firing", severity })
        .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
        .join(", ")}}`,
      value: 1,
    })),
  });
  const test = (series: Series, ...all: ReturnType<typeof asked>[]) => ({
    interval: "15s",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: all,
  });
  const tests = alertCases.flatMap(({ alert, severity, after, wrong, fires, right }) => [
    test(
      wrong,
      asked(alert, wrongFrom - 15, [], severity),
      asked(alert, wrongFrom + after - 15, [], severity),
      asked(alert, wrongFrom + after + 15, fires, severity),
    ),
    ...right.map((series) =>
      test(series, ...[60, 120, 600, 1200].map((at) => asked(alert, at, [], severity))),
    ),
  ]);
  const watchdog = test({ 'up{job="node",host="mon1"}': stays(1) }, asked("Watchdog", 60, [{}], "none"));
  return JSON.stringify(
    { rule_files: [rules], evaluation_interval: "15s", tests: [...tests, watchdog] },
    undefined,
    1,
  );
}
