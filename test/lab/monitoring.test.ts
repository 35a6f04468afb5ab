/** A monitoring host and a web server that it watches over, on real hosts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  alertmanager,
  blackboxExporter,
  nginx,
  nginxExporter,
  nodeExporter,
  prometheus,
} from "../../roles/index.ts";
import type { PrometheusVars } from "../../roles/prometheus/index.ts";
import { apt, inventory, play, secret } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { promtoolTests } from "./essential-alerts.ts";
import { type BrokenSite, faults, proveAlerts } from "./live-faults.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("srmonitor", 161, ["mon1", "web1"]);
const local = mkdtempSync(join(tmpdir(), "monitoring-"));
const inside = async (script: string, host = "mon1") =>
  (await runInside(lab.spec, host, ["sh", "-c", script])).trim();
const addressOf = (host: string) => lab.spec.hosts.find(({ name }) => name === host)?.address ?? "";

/** The essential alerts, which wait for nothing here. */
const essential = resolve(import.meta.dirname, "../../roles/prometheus/files/essential.rules.yml");
const impatient = join(local, "essential.rules.yml");
writeFileSync(impatient, readFileSync(essential, "utf8").replaceAll(/^ +for: .*\n/gm, ""));

const figures = play(
  "figures",
  { hosts: "all", become: true },
  {
    base: () => apt({ name: "curl" }),
    node: () => nodeExporter({}),
    nginx: async ({ host }) => {
      if (host.name !== "web1") return;
      await nginx({ domain: "site.example", staticFiles: local, monitoring: { hosts: "web1" } });
      await nginxExporter({});
    },
  },
);
const watching = (changed: Partial<PrometheusVars> = {}, webhook = "https://hook.example/t0ken") =>
  play(
    "monitoring",
    { hosts: "mon", become: true },
    {
      monitoring: async () => {
        await blackboxExporter({});
        await alertmanager({ webhooks: [{ url: secret(webhook) }] });
        await prometheus({
          interval: "5s",
          rules: [impatient],
          targets: [
            { job: "node", hosts: "all", port: 9100 },
            { job: "nginx", hosts: "web", port: 9113 },
          ],
          probes: [{ what: "web", url: `http://${addressOf("web1")}/essential.rules.yml`, host: "all" }],
          ...changed,
        });
      },
    },
  );
const hostsOf = (...names: string[]) =>
  inventory({
    hosts: Object.fromEntries(names.map((name) => [name, { address: addressOf(name) }])),
    groups: { mon: { hosts: ["mon1"] }, web: { hosts: names.filter((name) => name === "web1") } },
  });
const both = hostsOf("mon1", "web1");
const changedBy = ({ errors, statuses }: Ran) => [
  ...errors,
  ...statuses.filter((status) => !status.endsWith(": ok")),
];

/** `job host: health` of each target. */
async function targets(): Promise<string[]> {
  const answer = await inside("curl -sS 'http://127.0.0.1:9090/api/v1/targets?state=active'");
  const { data }: { data: { activeTargets: { health: string; labels: { job: string; host: string } }[] } } =
    JSON.parse(answer);
  return data.activeTargets.map(({ health, labels: { job, host } }) => `${job} ${host}: ${health}`).sort();
}

async function soon(look: () => Promise<unknown>, expected: unknown): Promise<void> {
  await expect.poll(look, { timeout: 40_000, interval: 250 }).toEqual(expected);
}

let first: Ran;
beforeAll(() => lab.up());
afterAll(async () => {
  await lab.down();
  rmSync(local, { recursive: true });
});

describe("a monitoring host", () => {
  it("is not made where a target is no host of the inventory: told with the line, and nothing is changed", async () => {
    const ran = await lab.run(
      [
        play(
          "monitoring",
          { hosts: "mon", become: true },
          {
            prometheus: () => prometheus({ targets: [{ job: "node", hosts: "web3", port: 9100 }] }),
          },
        ),
      ],
      { inventory: both },
    );
    expect(ran.errors.join()).toMatch(/mon1: vars\.invalid: role prometheus: .*web3/);
    expect(ran.of("host:failed")[0]?.error.location?.file).toMatch(/monitoring\.test\.ts$/);
    expect(await inside("ls -d /etc/prometheus /etc/systemd/system/prometheus* 2>/dev/null || :")).toBe("");
  });

  it("asks every host, by its name", async () => {
    first = await lab.run([figures, watching()], { inventory: both, verify: true });
    expect(first.errors).toEqual([]);
    await soon(targets, [
      "alertmanager mon1: up",
      "nginx web1: up",
      "node mon1: up",
      "node web1: up",
      "probe mon1: up",
      "prometheus mon1: up",
    ]);
  });

  it("is left alone by the second run, and by a check", async () => {
    const again = await lab.run([figures, watching()], { inventory: both });
    expect(changedBy(again)).toEqual([]);
    const check = await lab.run([figures, watching()], { inventory: both, check: true });
    expect(changedBy(check)).toEqual([]);
  });

  it("listens on itself alone, and exporters on the host's own address", async () => {
    const listening = async (host: string) =>
      (await inside("ss -Hltn | awk '{ print $4 }' | sort", host))
        .split("\n")
        .filter((place) => !/:(22|80|8406)$/.test(place));
    expect(await listening("mon1")).toEqual([
      `${addressOf("mon1")}:9100`,
      "127.0.0.1:9090",
      "127.0.0.1:9093",
      "127.0.0.1:9115",
    ]);
    expect(await listening("web1")).toEqual([`${addressOf("web1")}:9100`, `${addressOf("web1")}:9113`]);
  });

  it("keeps where alerts go to itself", async () => {
    expect(await inside("stat -c '%a %U' /etc/prometheus/alertmanager.yml")).toBe("600 prometheus");
    expect(await inside("cat /etc/prometheus/alertmanager.yml")).toContain("https://hook.example/t0ken");
    expect(JSON.stringify(first.events)).not.toContain("t0ken");
  });

  it("keeps its files, and works by them, where the daemons refuse the new ones", async () => {
    const files = "cd /etc/prometheus && sha256sum prometheus.yml rules/* alertmanager.yml";
    const before = await inside(files);
    const refused = join(local, "refused.yml");
    writeFileSync(refused, "groups: [{ name: one, rules: [{ alert: One, expr: 'up ==' }] }]\n");
    const rules = await lab.run([watching({ rules: [refused] })], { inventory: both });
    expect(rules.errors.join()).toMatch(/could not parse expression.*unexpected end of input/);
    const label = { job: "node", hosts: "web", port: 9100, labels: { host: "\ud800" } };
    const configuration = await lab.run([watching({ targets: [label] })], { inventory: both });
    expect(configuration.errors.join()).toMatch(/prometheus\.yml/);
    const hook = await lab.run([watching({}, "hook.example/t0ken")], { inventory: both });
    expect(hook.errors.join()).toMatch(/unsupported scheme/);
    expect(JSON.stringify(hook.events)).not.toContain("t0ken");
    expect(await inside(files)).toBe(before);
    expect(await inside("curl -sS http://127.0.0.1:9090/api/v1/rules")).toContain("HostDown");
  });
});

describe("the essential alerts", () => {
  it("fire where something is wrong, and only there", async () => {
    await inside(`cat >/root/alerts.test.yml <<'end'\n${promtoolTests("/root/essential.rules.yml")}\nend`);
    await inside(`cat >/root/essential.rules.yml <<'end'\n${readFileSync(essential, "utf8")}end`);
    expect(await inside("promtool test rules /root/alerts.test.yml 2>&1 || :")).toMatch(/SUCCESS$/);
  });

  it("fire for a fault of a real host, and clear", async () => {
    const site: BrokenSite = {
      hosts: (group) => (group === "mon" ? ["mon1"] : group === "web" ? ["web1"] : []),
      run: (host, script) => inside(script, host),
    };
    const chosen = faults.flatMap((fault) => {
      if (fault.alerts.includes("ServiceStopped"))
        return [{ ...fault, alerts: ["ServiceStopped", "ProbeFailed"] }];
      return fault.alerts.includes("ServiceFailed") ? [fault] : [];
    });
    const runs = await proveAlerts(site, chosen, { toFire: 20, toClear: 20 });
    expect(runs.map(({ alert }) => alert).sort()).toEqual(["ProbeFailed", "ServiceFailed", "ServiceStopped"]);
  });
});

it("does not ask a host any more that is no longer in the inventory", async () => {
  const ran = await lab.run([watching()], { inventory: hostsOf("mon1") });
  expect(ran.errors).toEqual([]);
  await soon(targets, ["alertmanager mon1: up", "node mon1: up", "probe mon1: up", "prometheus mon1: up"]);
});
