/** The role hardening on a real host, and what the playbook `audit` says of it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import audit from "../../playbooks/audit.ts";
import { type HardeningVars, hardening } from "../../roles/index.ts";
import { play } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { testLab } from "./support.ts";

const lab = testLab("labharden", 155, ["one", "two"]);
const inside = async (script: string, host = "one") =>
  (await runInside(lab.spec, host, ["sh", "-c", script])).trim();
const apply = ({ updates = false, ...vars }: HardeningVars, { check = false, hosts = "one" } = {}) =>
  lab.run(
    [play("hardening", { hosts, become: true }, { hardening: () => hardening({ updates, ...vars }) })],
    { check },
  );

/** What the table has for each control. */
async function verdicts(check = false) {
  const ran = await lab.run(audit.plays, { check, limit: "one" });
  const [table] = ran.of("message");
  const rows = (table?.text ?? "").split("\n").slice(1);
  return {
    ran,
    of: new Map(
      rows.map((row) => row.split("\t")).map(([id = "", , verdict, why]) => [id, { verdict, why }]),
    ),
  };
}
const broken = (of: Awaited<ReturnType<typeof verdicts>>["of"]) =>
  [...of].filter(([, { verdict }]) => verdict === "does not hold").map(([id, { why }]) => `${id}: ${why}`);

/** It takes half a minute: the other tests go on meanwhile. */
let shutOut: ReturnType<typeof apply>;
const options = "/etc/ssh/sshd_config.d/10-hardening.conf";

beforeAll(async () => {
  await lab.up();
  shutOut = apply({ ssh: { AllowUsers: ["nobody"] } }, { hosts: "two" });
  await inside("useradd guest && passwd -d guest");
  const before = await verdicts();
  expect(before.ran.exitCode).toBe(2);
  expect(broken(before.of)).toContain("own-01: guest is");
  expect(broken(before.of)).toContain("sshd-27: PasswordAuthentication is yes");
  const ran = await apply({});
  expect(ran.errors).toEqual([]);
}, 300_000);
afterAll(() => lab.down(), 60_000);

describe("a host after the role hardening", { timeout: 120_000 }, () => {
  it("is left alone by a second run, and by a check", async () => {
    for (const check of [false, true]) {
      const again = await apply({}, { check });
      expect(again.errors).toEqual([]);
      expect(again.statuses.filter((status) => !status.endsWith(": ok"))).toEqual([]);
    }
  });

  it("holds what the audit asks, which alters nothing, in a check as well", async () => {
    for (const check of [false, true]) {
      const { ran, of } = await verdicts(check);
      expect(broken(of)).toEqual([]);
      expect(ran.exitCode).toBe(0);
      expect(ran.statuses.filter((status) => !status.endsWith(": ok"))).toEqual([]);
      expect(of.get("nginx")).toEqual({ verdict: "not applicable", why: "there is no Nginx" });
    }
  });

  it("takes no password, and locks an account that asked for none", async () => {
    expect(await inside("getent shadow guest")).toMatch(/^guest:!/);
    const said = await inside(
      "ssh -o StrictHostKeyChecking=no -o PubkeyAuthentication=no -o BatchMode=yes guest@127.0.0.1 true 2>&1 || :",
    );
    expect(said).toContain("Permission denied (publickey)");
  });

  it("keeps the kernel as it is told, and leaves alone what it is to leave", async () => {
    const set = "/etc/sysctl.d/90-hardening.conf";
    expect(await inside("sysctl -n net.ipv4.conf.all.rp_filter net.ipv4.conf.all.accept_redirects")).toBe(
      "1\n0",
    );
    const ran = await apply({ kernel: { "net.ipv4.conf.all.rp_filter": 2, "net.ipv4.tcp_rfc1337": false } });
    expect(ran.errors).toEqual([]);
    expect(await inside(`grep -c tcp_rfc1337 ${set} || :; sysctl -n net.ipv4.conf.all.rp_filter`)).toBe(
      "0\n2",
    );
    await apply({});
    expect(await inside("sysctl -n net.ipv4.conf.all.rp_filter")).toBe("1");
  });

  it("is told by the audit where somebody alters it", async () => {
    await inside("chmod 0666 /etc/login.defs; echo 1 >/proc/sys/net/ipv4/conf/all/accept_redirects");
    const { ran, of } = await verdicts();
    expect(broken(of)).toEqual([
      "os-05a: /etc/login.defs has the mode 0666",
      "sysctl-14: net.ipv4.conf.all.accept_redirects is 1",
    ]);
    expect(ran.exitCode).toBe(2);
    expect((await apply({})).errors).toEqual([]);
    expect(broken((await verdicts()).of)).toEqual([]);
  });

  it("installs security updates by itself, where it is to", async () => {
    const updates = { updates: true, updatesWithout: ["mariadb-"] };
    expect((await apply(updates)).errors).toEqual([]);
    const told = await inside("apt-config dump | grep -E 'Periodic::Unattended|Package-Blacklist::'");
    expect(told).toContain('APT::Periodic::Unattended-Upgrade "1"');
    expect(told).toContain('Unattended-Upgrade::Package-Blacklist:: "mariadb-"');
    const again = await apply(updates);
    expect(again.statuses.filter((status) => !status.endsWith(": ok"))).toEqual([]);
  });

  it("still has an sshd that lets the control machine in, whatever it was told", async () => {
    const ran = await shutOut;
    expect(ran.exitCode).toBe(2);
    expect(ran.errors.join()).toContain("shut");
    expect(await inside(`ls ${options} 2>/dev/null || echo none`, "two")).toBe("none");
    expect((await apply({}, { hosts: "two" })).errors).toEqual([]);
  });
});
