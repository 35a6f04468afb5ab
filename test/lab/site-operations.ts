/** What the operations of the site do to a site that stands: for tests that have one. */
import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import type { LoadReport } from "../load.ts";

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A site with two balancers, two web servers, a primary and a replica. */
interface Site {
  readonly primary: string;
  readonly replica: string;
  readonly webs: readonly string[];
  readonly balancers: readonly string[];
  /** Runs a command of ours on the site's inventory. */
  run(...args: readonly string[]): Promise<Ended>;
  /** The command line of such a run, and where it is run. */
  line(...args: readonly string[]): { readonly words: readonly string[]; readonly folder: string };
  /** Does the work while visitors come, by the address that moves. */
  underLoad(work: () => Promise<void>): Promise<{ readonly load: LoadReport }>;
}

export function operationsOf(site: Site): void {
  const { run, primary, replica } = site;
  const maintenance = (host: string, state: "begin" | "end") =>
    run("playbook", "maintenance", "-e", `host=${host}`, "-e", `state=${state}`, "--reporter", "plain");
  const status = () => run("playbook", "status");
  const isWell = async () => {
    const { stdout, status: code } = await status();
    expect(stdout).toContain("all is well");
    expect(code).toBe(0);
    return stdout;
  };

  it("shows itself on one screen, and answers with 0 where all is well", async () => {
    const lines = (await isWell()).trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.filter((line) => line.includes("; holds "))).toHaveLength(1);
    expect(lines.join("\n")).toMatch(new RegExp(`replica\\s+of ${primary}, \\d+ s behind`));
  });

  it("refuses to take the primary, or a host that is not there, out of service", async () => {
    const refused = await maintenance(primary, "begin");
    expect(refused.status).toBe(2);
    expect(refused.stdout).toContain(`${primary} has the primary database, and every write needs it`);
    expect((await maintenance("web9", "begin")).stdout).toContain('there is no host "web9"');
    await isWell();
  });

  it("does without a web server and the replica, and no request fails", { timeout: 120_000 }, async () => {
    const [web = "", last = ""] = site.webs;
    const { load } = await site.underLoad(async () => {
      for (const host of [web, replica]) expect((await maintenance(host, "begin")).status).toBe(0);
      for (const host of [web, replica])
        expect((await maintenance(host, "begin")).stdout).toContain("nothing changed");
    });
    expect(load.failures).toEqual([]);
    expect(load.sent).toBeGreaterThan(300);
    const refused = await maintenance(last, "begin");
    expect(refused.status).toBe(2);
    expect(refused.stdout).toContain(`would have no web server left without ${last}`);
    const { stdout, status: code } = await status();
    expect(code).toBe(2);
    for (const host of [web, replica]) expect(stdout).toContain(`! ${host}: out of service (maintenance`);
    for (const host of [web, replica]) expect((await maintenance(host, "end")).status).toBe(0);
    await isWell();
  });

  it("tells of a maintenance that was killed, and goes on with it", { timeout: 120_000 }, async () => {
    await killed(site, replica);
    const { stdout, status: code } = await status();
    expect(code).toBe(2);
    expect(stdout).toContain(`! ${replica}: out of service (maintenance`);
    expect((await maintenance(replica, "begin")).status).toBe(0);
    expect((await maintenance(replica, "end")).status).toBe(0);
    await isWell();
  });

  it("moves the address off a balancer, and leaves it there", { timeout: 120_000 }, async () => {
    const holds = (screen: string) => /^[! ] (\S+) .*; holds /m.exec(screen)?.[1] ?? "nobody";
    const holder = holds(await isWell());
    const other = site.balancers.find((name) => name !== holder) ?? "";
    expect((await maintenance(holder, "begin")).status).toBe(0);
    expect(holds((await status()).stdout)).toBe(other);
    const refused = await maintenance(other, "begin");
    expect(refused.stdout).toContain(`no other balancer could take the addresses of ${other}`);
    expect((await maintenance(holder, "end")).status).toBe(0);
    expect(holds(await isWell())).toBe(other);
  });
}

/** Begins the maintenance of a replica, and kills the run after its first change. */
async function killed({ line }: Site, host: string): Promise<void> {
  const args = ["playbook", "maintenance", "-e", `host=${host}`, "-e", "state=begin", "--reporter", "jsonl"];
  const { words, folder } = line(...args);
  const child = spawn(process.execPath, [...words], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.includes('"status":"changed"')) child.kill("SIGKILL");
  }
  expect(said).not.toContain('"type":"run:end"');
}
