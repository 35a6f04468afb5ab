/** Faults of a running site, each of which makes alerts fire; put right, they clear. */
import { setTimeout as sleep } from "node:timers/promises";

/** The site that is broken, and put right again. */
export interface BrokenSite {
  /** The hosts of a group, in the inventory's order; none where there is no such group. */
  hosts(group: string): readonly string[];
  /** Runs a script on a host, as root, and gives what it prints. */
  run(host: string, script: string): Promise<string>;
}

export interface Fault {
  /** The alerts that it makes fire. */
  readonly alerts: readonly string[];
  /** The group whose hosts are broken: all, or the last of them, so that another one goes on. */
  readonly where: readonly [which: "all" | "first" | "last", group: string];
  /** A script for each of these hosts, or what takes several hosts. */
  readonly break: string | ((site: BrokenSite, host: string) => Promise<unknown>);
  readonly repair: string;
  /** Faults of one round do not get into each other's way. */
  readonly round: 1 | 2 | 3;
}

const stop = (unit: string) => `systemctl stop ${unit}`;
const start = (unit: string) => `systemctl start ${unit}`;
const certificate = "/etc/ssl/site/web.crt";
const full = "/srv/monitoring-fault";

/**
 * Memory and the clock are not among them: a lab's hosts have the machine's. What alerts are about that is checked by
 * promtool alone.
 */
export const faults: readonly Fault[] = [
  {
    alerts: ["DiskNearlyFull", "InodesNearlyUsedUp"],
    where: ["last", "web"],
    break: `mkdir -p ${full} && mount -t tmpfs -o size=1m,nr_inodes=16,mode=0755 monitoring-fault ${full}
      dd if=/dev/zero of=${full}/full bs=64k 2>/dev/null
      for i in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do touch ${full}/$i 2>/dev/null; done; true`,
    repair: `umount ${full}; rmdir ${full}`,
    round: 1,
  },
  {
    alerts: ["ServiceFailed"],
    where: ["last", "web"],
    break: "systemd-run --quiet --unit=monitoring-fault sh -c 'exit 1'",
    repair: "systemctl reset-failed monitoring-fault",
    round: 1,
  },
  {
    alerts: ["ServiceStopped", "ServerDown", "ProbeFailed"],
    where: ["last", "web"],
    break: stop("nginx"),
    repair: start("nginx"),
    round: 1,
  },
  {
    alerts: ["ReplicationStopped", "ReplicationUnknown"],
    where: ["last", "db_replica"],
    break: "mariadb -e 'STOP SLAVE'",
    repair: "mariadb -e 'START SLAVE'",
    round: 1,
  },
  {
    alerts: ["ExporterDown"],
    where: ["last", "lb"],
    break: stop("haproxy"),
    repair: start("haproxy"),
    round: 1,
  },
  {
    alerts: ["CertificateExpiresSoon"],
    where: ["first", "web"],
    break: shortCertificate,
    repair: `mv ${certificate}.kept ${certificate} && systemctl reload nginx`,
    round: 1,
  },
  {
    alerts: ["ConfigurationRefused"],
    where: ["all", "mon"],
    break: `cd /etc/prometheus && cp -p prometheus.yml monitoring-fault.yml
      echo 'no: configuration' >>prometheus.yml && systemctl reload prometheus`,
    repair: "cd /etc/prometheus && mv monitoring-fault.yml prometheus.yml && systemctl reload prometheus",
    round: 1,
  },
  {
    alerts: ["NoServerInBackend"],
    where: ["all", "web"],
    break: stop("nginx"),
    repair: start("nginx"),
    round: 2,
  },
  {
    alerts: ["WritersNotOne"],
    where: ["last", "db_replica"],
    break: "mariadb -e 'SET GLOBAL read_only = 0'",
    repair: "mariadb -e 'SET GLOBAL read_only = 1'",
    round: 2,
  },
  {
    alerts: ["AddressNotHeldOnce", "SiteUnreachable"],
    where: ["all", "lb"],
    break: stop("keepalived"),
    repair: start("keepalived"),
    round: 2,
  },
  {
    alerts: ["ReplicationLag"],
    where: ["last", "db_replica"],
    // what the primary writes meanwhile has to wait here
    break:
      "systemd-run --quiet --unit=monitoring-fault-lock mariadb -e 'FLUSH TABLES WITH READ LOCK; SELECT SLEEP(600)'",
    repair: "systemctl stop monitoring-fault-lock",
    round: 2,
  },
  {
    alerts: ["HostDown"],
    where: ["last", "app"],
    // as if the host were off, for whoever watches
    break: `nft add table inet monitoring_fault
      nft add chain inet monitoring_fault input '{ type filter hook input priority -10; }'
      nft add rule inet monitoring_fault input iifname != lo drop`,
    repair: "nft delete table inet monitoring_fault",
    round: 3,
  },
  {
    alerts: ["DatabaseDown"],
    where: ["last", "db_replica"],
    break: stop("mariadb"),
    repair: start("mariadb"),
    round: 3,
  },
  {
    alerts: ["AddressHolderUnknown"],
    where: ["all", "lb"],
    break: "mkdir /var/lib/keepalived/fault && mv /var/lib/keepalived/*.prom /var/lib/keepalived/fault",
    repair: "mv -n /var/lib/keepalived/fault/*.prom /var/lib/keepalived; rm -rf /var/lib/keepalived/fault",
    round: 3,
  },
];

/** Has a web server show a certificate of the site's authority that is valid for ten days. */
async function shortCertificate(site: BrokenSite, host: string): Promise<void> {
  const [authority = ""] = site.hosts("ca");
  const request = await site.run(
    host,
    `openssl req -new -key /etc/ssl/site/web.key -subj / -addext 'subjectAltName=DNS:${host}'`,
  );
  const signed = await site.run(
    authority,
    `openssl x509 -req -days 10 -copy_extensions copyall -CA /etc/authority/authority.pem \\
      -CAkey /etc/authority/authority.key 2>/dev/null <<'end'\n${request}\nend`,
  );
  await site.run(
    host,
    `cp -p ${certificate} ${certificate}.kept && cat >${certificate} <<'end' && systemctl reload nginx\n${signed}\nend`,
  );
}

/** What came of an alert: how many seconds after the fault it fired, and after the repair it was gone. */
export interface AlertRun {
  readonly alert: string;
  readonly firedAfter: number;
  readonly clearedAfter: number;
}

interface Deadlines {
  /** In seconds. Default: ten minutes: some alerts wait for five. */
  readonly toFire?: number;
  readonly toClear?: number;
}

/**
 * Breaks a site by these faults, a round after the other, waits until each alert fires, puts it right, and waits until
 * each has cleared. A fault of a group that the site has not is left out.
 *
 * @throws Error where an alert does not fire, or does not clear; the site is put right all the same
 */
export async function proveAlerts(
  site: BrokenSite,
  chosen: readonly Fault[],
  { toFire = 600, toClear = 180 }: Deadlines = {},
): Promise<AlertRun[]> {
  const possible = chosen.filter(({ where: [, group] }) => site.hosts(group).length > 0);
  const rounds = [1, 2, 3].map((round) => possible.filter((fault) => fault.round === round));
  const runs: AlertRun[] = [];
  const before = await firing(site);
  for (const round of rounds) {
    const alerts = [...new Set(round.flatMap((fault) => fault.alerts))];
    if (alerts.length === 0) continue;
    let fired: ReadonlyMap<string, number>;
    try {
      for (const fault of round) await everywhere(site, fault, fault.break);
      if (alerts.includes("ReplicationLag")) await write(site);
      fired = await until(alerts, toFire, "fire", async (alert) => (await firing(site)).has(alert));
    } catch (error) {
      // what was not broken can't be put right, which is no news then
      await repair(site, round).catch(() => undefined);
      throw error;
    }
    await repair(site, round);
    const cleared = await until(alerts, toClear, "clear", async (alert) => !(await firing(site)).has(alert));
    for (const alert of alerts)
      runs.push({ alert, firedAfter: fired.get(alert) ?? 0, clearedAfter: cleared.get(alert) ?? 0 });
    // a fault makes more alerts fire than those that it is here for: the next round begins without them
    await until(["all others"], toClear, "clear", async () =>
      [...(await firing(site))].every((alert) => before.has(alert)),
    );
  }
  return runs;
}

/** The last fault first: one may keep another one's repair waiting. All are tried. */
async function repair(site: BrokenSite, round: readonly Fault[]): Promise<void> {
  const errors: unknown[] = [];
  for (const fault of round.toReversed())
    await everywhere(site, fault, fault.repair).catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, `not all could be put right: ${errors.join("; ")}`);
}

async function everywhere(site: BrokenSite, { where: [which, group] }: Fault, what: Fault["break"]) {
  const hosts = site.hosts(group);
  const meant = { all: hosts, first: hosts.slice(0, 1), last: hosts.slice(-1) }[which];
  for (const host of meant) await (typeof what === "string" ? site.run(host, what) : what(site, host));
}

/** Something for replicas to repeat. */
async function write(site: BrokenSite): Promise<void> {
  const [primary = ""] = site.hosts("db_primary");
  await site.run(primary, "mariadb -e 'CREATE DATABASE monitoring_fault; DROP DATABASE monitoring_fault'");
}

/** The names of the alerts that fire, as Prometheus says. */
export async function firing(site: BrokenSite): Promise<ReadonlySet<string>> {
  const [monitor = ""] = site.hosts("mon");
  const answer = await site.run(monitor, "curl -sS --max-time 5 http://127.0.0.1:9090/api/v1/alerts");
  const { data }: { data: { alerts: { state: string; labels: { alertname: string } }[] } } =
    JSON.parse(answer);
  return new Set(data.alerts.flatMap(({ state, labels }) => (state === "firing" ? [labels.alertname] : [])));
}

/** When each of the alerts was as it is to be, in seconds from now. */
async function until(
  alerts: readonly string[],
  limit: number,
  what: string,
  isSo: (alert: string) => Promise<boolean>,
): Promise<ReadonlyMap<string, number>> {
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  const found = new Map<string, number>();
  for (;;) {
    for (const alert of alerts)
      if (!found.has(alert) && (await isSo(alert))) found.set(alert, Math.round(seconds() * 10) / 10);
    if (found.size === alerts.length) return found;
    if (seconds() > limit) {
      const missing = alerts.filter((alert) => !found.has(alert));
      throw new Error(`after ${limit} s these alerts did not ${what}: ${missing.join(", ")}`);
    }
    await sleep(1000);
  }
}
