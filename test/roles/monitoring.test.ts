/** What the roles of monitoring write. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configuration as alertmanager } from "../../roles/alertmanager/configuration.ts";
import { configuration as blackbox } from "../../roles/blackboxExporter/index.ts";
import { dropIn } from "../../roles/daemon.ts";
import { optionsFor } from "../../roles/nodeExporter/index.ts";
import { configuration as prometheus } from "../../roles/prometheus/configuration.ts";
import { reveal, Secret, secret } from "../../src/index.ts";
import { alertCases } from "../lab/essential-alerts.ts";

describe("a daemon's unit", () => {
  it("has all that the daemon is given, with % and $ meaning themselves", () => {
    const daemon = {
      name: "one",
      address: "",
      port: 0,
      options: { "a.b": "^(x|y)$", "no-c": true, d: "" },
    } as const;
    expect(dropIn(daemon, "10.0.0.1:9100")).toContain(`
ExecStart=
ExecStart=/usr/bin/one \\
    --web.listen-address=10.0.0.1:9100 \\
    "--a.b=^(x|y)$$" \\
    --no-c \\
    --d=
`);
  });
});

describe("prometheus.yml", () => {
  const written = parse(
    prometheus({
      interval: "15s",
      rules: ["/etc/prometheus/rules/a.yml"],
      targets: [
        { job: "node", host: "web1", address: "10.0.0.21", port: 9100 },
        { job: "mysql", host: "db1", address: "fd00::1", port: 9104, labels: { role: "primary" } },
        { job: "node", host: 'odd "name"\n', address: "10.0.0.22", port: 9100 },
      ],
      probes: [
        { what: "address", url: "https://10.0.0.10/healthz", name: "site.example" },
        { what: "mail", host: "mail1", url: "tcp://10.0.0.50:25" },
      ],
    }),
  );

  it("has a job for each kind, and the hosts by their names", () => {
    expect(written.global).toEqual({ scrape_interval: "15000ms", evaluation_interval: "15000ms" });
    expect(written.scrape_configs.slice(0, 2)).toEqual([
      {
        job_name: "mysql",
        static_configs: [{ targets: ["[fd00::1]:9104"], labels: { host: "db1", role: "primary" } }],
      },
      {
        job_name: "node",
        static_configs: [
          { targets: ["10.0.0.21:9100"], labels: { host: "web1" } },
          { targets: ["10.0.0.22:9100"], labels: { host: 'odd "name"\n' } },
        ],
      },
    ]);
  });

  it("asks the blackbox exporter what is asked from outside", () => {
    const { static_configs, metrics_path, relabel_configs } = written.scrape_configs[2];
    expect(metrics_path).toBe("/probe");
    expect(static_configs).toEqual([
      {
        targets: ["https://10.0.0.10/healthz"],
        labels: { what: "address", __param_module: "https", __param_hostname: "site.example" },
      },
      { targets: ["tcp://10.0.0.50:25"], labels: { host: "mail1", what: "mail", __param_module: "tcp" } },
    ]);
    expect(relabel_configs.at(-1)).toEqual({ target_label: "__address__", replacement: "127.0.0.1:9115" });
    const { modules } = parse(blackbox("/etc/ssl/own.pem"));
    expect(modules.https.http.tls_config.ca_file).toBe("/etc/ssl/own.pem");
    for (const name of ["http", "https", "tcp"]) expect(modules).toHaveProperty(name);
  });
});

describe("alertmanager.yml", () => {
  it("tells nobody where nobody is named", () => {
    const written = parse(reveal(alertmanager({ webhooks: [], emails: [] })));
    expect(written.receivers).toEqual([{ name: "site" }, { name: "watchdog" }]);
    expect(written.route.receiver).toBe("site");
  });

  it("is silent of warnings about a host that is down, and of nothing critical", () => {
    const written = parse(reveal(alertmanager({ webhooks: [], emails: [] })));
    expect(written.inhibit_rules).toEqual([
      {
        source_matchers: ['alertname="HostDown"'],
        target_matchers: ['severity="warning"'],
        equal: ["host"],
      },
    ]);
  });

  it("tells those who are named, and is a secret as a whole", () => {
    const text = alertmanager({
      webhooks: [{ url: secret("https://hook.example/t0ken") }],
      emails: [
        {
          to: "ops@x",
          from: "a@x",
          server: "mail:25",
          user: "a",
          password: secret('p"w: #'),
          requireTls: false,
        },
      ],
      watchdog: secret("https://watch.example/"),
    });
    expect(text).toBeInstanceOf(Secret);
    const [site, watchdog] = parse(reveal(text)).receivers;
    expect(site).toEqual({
      name: "site",
      webhook_configs: [{ url: "https://hook.example/t0ken", send_resolved: true }],
      email_configs: [
        {
          to: "ops@x",
          from: "a@x",
          smarthost: "mail:25",
          auth_username: "a",
          auth_password: 'p"w: #',
          require_tls: false,
          send_resolved: true,
        },
      ],
    });
    expect(watchdog.webhook_configs).toEqual([{ url: "https://watch.example/", send_resolved: false }]);
  });
});

describe("the node exporter", () => {
  it("tells of the clock only where that is the host's own", () => {
    expect(optionsFor({ virtualisation: "kvm" })).not.toHaveProperty("no-collector.timex");
    expect(optionsFor({ virtualisation: "systemd-nspawn" })).toHaveProperty("no-collector.timex");
  });
});

describe("the essential alerts", () => {
  const root = join(import.meta.dirname, "../..");
  const rules: { alert: string; labels: { severity: string }; annotations: Record<string, string> }[] = parse(
    readFileSync(join(root, "roles/prometheus/files/essential.rules.yml"), "utf8"),
  ).groups.flatMap((group: { rules: unknown }) => group.rules);
  const names = rules.map(({ alert }) => alert);

  it("each have a case, and a line of the guide that says what to do", () => {
    const cases = new Set(alertCases.map(({ alert }) => alert));
    expect(names.filter((name) => !cases.has(name))).toEqual(["Watchdog"]);
    const guide = readFileSync(join(root, "docs/monitoring.md"), "utf8");
    for (const { alert, labels } of rules)
      expect(guide).toMatch(
        new RegExp(`^\\| .*\`${alert}\`.* \\| ${labels.severity} \\| .+ \\| .+ \\|$`, "m"),
      );
  });

  it("each say what is wrong in a summary and a description", () => {
    for (const { annotations } of rules) expect(Object.keys(annotations)).toEqual(["summary", "description"]);
  });
});
