/** What the monitoring's roles and the site's variables refuse, before anything is changed. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { probesOf } from "../../playbooks/parts/monitoring.ts";
import { prometheus, statusPage } from "../../roles/index.ts";
import { closingWords } from "../../src/cli/demo/closing.ts";
import { inventory, reveal, secret } from "../../src/index.ts";

describe("prometheus", () => {
  it.each([60, 1, "1m", "4s", "31s", "500ms"] as const)("is not to ask every %s", (interval) => {
    expect(() => prometheus({ interval })).toThrow('from 5 to 30 seconds, such as 15 or "15s"');
  });

  it("takes no two files of rules for one", () => {
    expect(() => prometheus({ rules: ["one/site.yml", "two/site.yml"] })).toThrow(
      "rules: one/site.yml and two/site.yml would be one file on the host, /etc/prometheus/rules/site.yml",
    );
  });

  it("takes no address that is none", () => {
    expect(() => prometheus({ probes: [{ what: "web", url: "https://fd00::21:443/healthz" }] })).toThrow(
      'probes[0].url: expected an address such as "https://10.0.0.10/healthz"',
    );
  });
});

it("probes of hosts of IPv6 have addresses that are such", () => {
  const site = inventory({
    hosts: { web1: { address: "fd00::21" }, lb1: { address: "10.0.0.11" } },
    groups: { web: { hosts: ["web1"] }, app: { hosts: ["web1"] }, lb: { hosts: ["lb1"] }, mon: {} },
  });
  const probes = probesOf(site, { domain: "site.example", siteAddresses: ["10.0.0.10"], webPort: 8443 });
  expect(probes.map(({ url }) => url)).toEqual([
    "https://10.0.0.10:443/healthz",
    "https://10.0.0.11:443/healthz",
    "https://[fd00::21]:8443/healthz",
    "http://[fd00::21]:8000/healthz",
  ]);
});

it.each(["", "seven77"])("the status page takes no password that is soon guessed (%j)", (password) => {
  const page = { title: "site", certificate: "/etc/ssl/a.crt", key: "/etc/ssl/a.key" };
  const call = () => statusPage({ ...page, password: secret(password) });
  expect(call).toThrow("password: expected at least 8 characters, got fewer");
});

describe("the throw-away sites' passwords", () => {
  const variables = ["SITE_DATABASE_PASSWORD", "SITE_REPLICATION_PASSWORD", "SITE_STATUS_PASSWORD"];
  beforeEach(() => void vi.resetModules());
  afterEach(() => void vi.unstubAllEnvs());

  it("are not empty where a variable is", async () => {
    for (const name of variables) vi.stubEnv(name, "");
    const { siteVars } = await import("../../inventory/vars/site.ts");
    const { databasePassword, replicationPassword, statusPassword } = siteVars;
    expect([databasePassword, replicationPassword, statusPassword].map((one) => reveal(one))).toEqual([
      "lab-only-database-password",
      "lab-only-replication-pw",
      "lab-only-status-password",
    ]);
  });

  it("are told after the demo as they are: those of one's own by the variable's name alone", () => {
    const site = inventory({
      hosts: { mon1: { address: "10.0.0.41" }, db2: { address: "10.0.0.32" } },
      groups: { mon: { hosts: ["mon1"] }, db_replica: { hosts: ["db2"] } },
    });
    const told = () =>
      closingWords(
        { inventory: site, name: "lab", shown: "inventory/lab.ts" },
        { url: "https://10.0.0.10/", ca: "" },
      ).join("\n");
    vi.stubEnv("SITE_STATUS_PASSWORD", "");
    expect(told()).toContain("the password lab-only-status-password");
    vi.stubEnv("SITE_STATUS_PASSWORD", "one of my own");
    expect(told()).toContain("the password in SITE_STATUS_PASSWORD");
    expect(told()).not.toMatch(/lab-only-status|one of my own/);
  });
});
