/**
 * The site on real hosts, through the command line, in a project of its own: the checkout's playbooks and roles, and
 * its inventories moved to other networks, so that nobody's running lab is touched.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTypeScript } from "../../src/cli/load-typescript.ts";
import type { TimedEvent } from "../../src/core/events/events.ts";
import { loadInventory } from "../../src/inventory/index.ts";
import { underLoad } from "../load.ts";
import { walkPorts } from "./port-matrix.ts";
import { certificateTests } from "./site-certificates.ts";
import { operationsOf } from "./site-operations.ts";

const checkout = resolve(import.meta.dirname, "../..");
const cli = join(checkout, "dist/src/cli/main.cjs");

/**
 * A project with the checkout's playbooks, and one of its inventories under another name and on another network.
 *
 * @param shape the inventory's name
 * @param net its network's beginning, as the file has it
 * @param own the test's
 */
function testProject(shape: string, net: string, own: string): string {
  const project = mkdtempSync(join(tmpdir(), "site-test-"));
  for (const name of ["package.json", "node_modules", "dist", "src"])
    symlinkSync(join(checkout, name), join(project, name));
  // its own: a test brings out another release of the application
  for (const name of ["playbooks", "roles"])
    cpSync(join(checkout, name), join(project, name), { recursive: true });
  mkdirSync(join(project, "inventory"));
  cpSync(join(checkout, "inventory/vars"), join(project, "inventory/vars"), { recursive: true });
  const text = readFileSync(join(checkout, `inventory/${shape}.ts`), "utf8");
  const moved = text
    .replaceAll(`${net}.0.`, `${own}.0.`)
    .replaceAll(`.showrunner/lab/${shape}/`, `.showrunner/lab/site${shape}/`);
  writeFileSync(join(project, `inventory/site${shape}.ts`), moved);
  return project;
}

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runIn(project: string, args: readonly string[]): Promise<Ended> {
  return promisify(execFile)(process.execPath, [cli, ...args], { cwd: project, maxBuffer: 1 << 28 }).then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      status: error.code,
      stdout: error.stdout,
      stderr: error.stderr,
    }),
  );
}

interface SiteRun {
  readonly events: readonly TimedEvent[];
  readonly end: Extract<TimedEvent, { type: "run:end" }>;
}

async function site(project: string, inventory: string, ...more: string[]): Promise<SiteRun> {
  const { stdout, stderr } = await runIn(project, [
    "playbook",
    "site",
    "-i",
    inventory,
    "--reporter",
    "jsonl",
    ...more,
  ]);
  const events = stdout
    .trim()
    .split("\n")
    .map((line): TimedEvent => JSON.parse(line));
  const end = events.at(-1);
  if (end?.type !== "run:end") throw new Error(`the run did not end: ${stdout.slice(-2000)} ${stderr}`);
  const problems = events.filter(({ type }) => type === "host:failed" || type === "host:unreachable");
  if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 1));
  return { events, end };
}

/** Each task's status under a name that is the same in every run: host, module, title, and which one of these it is. */
function taskStatuses({ events }: Pick<SiteRun, "events">): Map<string, string> {
  const statuses = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.type !== "task:end") continue;
    const name = `${event.host} ${event.step} ${event.task.roles.join("/")} ${event.task.module} ${event.task.title}`;
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    statuses.set(`${name} #${nth}`, event.status);
  }
  return statuses;
}

/** What each task changes, or would: under the same names. */
function taskChanges({ events }: SiteRun): Map<string, readonly string[]> {
  const changes = new Map<string, readonly string[]>();
  const names = [...taskStatuses({ events }).keys()];
  const ends = events.filter((event) => event.type === "task:end");
  for (const [index, event] of ends.entries())
    if (event.type === "task:end")
      changes.set(
        names[index] ?? "",
        event.changes.map(({ what }) => what),
      );
  return changes;
}

/** Host and step of every step whose plan broke off as unknown. */
function unknownSteps({ events }: SiteRun): Set<string> {
  return new Set(
    events.flatMap((event) =>
      event.type === "host:step:end" && event.unknown !== undefined ? [`${event.host} ${event.step}`] : [],
    ),
  );
}

/** Every file with its attributes, and all packages, units and users; but for the logs of who came in. */
async function everything(project: string, inventory: string): Promise<Map<string, string>> {
  const list = [
    "find / -xdev -path /var/log -prune -o -printf '%p %y %m %U:%G %s %T@ %l\\n'",
    "dpkg-query -W",
    "systemctl list-unit-files --no-legend --no-pager",
    "getent passwd",
    "getent group",
  ].join("; ");
  const { stdout, stderr, status } = await runIn(project, [
    "exec",
    "all",
    "-i",
    inventory,
    "--become",
    "--",
    "sh",
    "-c",
    list,
  ]);
  if (status !== 0) throw new Error(stderr);
  const lines = stdout.split("\n").filter((line) => !/ \/(run|tmp|dev|proc|sys)\b/.test(line));
  if (lines.length < 10_000) throw new Error(`only ${lines.length} files were seen`);
  return new Map(lines.map((line) => [line, line]));
}

function difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const only = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>, sign: string) =>
    [...one.keys()].filter((line) => !other.has(line)).map((line) => `${sign} ${line}`);
  return [...only(before, after, "-"), ...only(after, before, "+")];
}

const curl = async (...args: string[]) =>
  (await promisify(execFile)("curl", ["-sS", "--max-time", "10", ...args])).stdout;

/** A visitor, who trusts the site's authority and nobody else. */
async function servedBy(address: string, authority: string): Promise<string> {
  const headers = await curl("--cacert", authority, "-o", "/dev/null", "-D", "-", `https://${address}/`);
  return /^x-served-by: (\S+)/im.exec(headers)?.[1] ?? headers;
}

async function retry<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((wait) => setTimeout(wait, 250));
    }
  }
}

describe.each([
  { shape: "lab", net: "10.77", own: "10.84", primary: "db1", replica: "db2", webs: ["web1", "web2"] },
  {
    shape: "compact",
    net: "10.78",
    own: "10.85",
    primary: "node1",
    replica: "node2",
    webs: ["node1", "node2"],
  },
])("the site in the shape of inventory/$shape", ({ shape, net, own, primary, replica, webs }) => {
  const inventory = `inventory/site${shape}.ts`;
  const balancer = `${own}.0.11`;
  let project: string;
  /** The file with the authority's certificate, as the playbook `authority` fetches it. */
  let authority: string;
  let planned: SiteRun;
  let traces: readonly string[];
  let first: SiteRun;

  const ssh = async (host: string, ...command: string[]) => {
    const { stdout, status, stderr } = await runIn(project, [
      "exec",
      host,
      "-i",
      inventory,
      "--become",
      "--",
      ...command,
    ]);
    if (status !== 0) throw new Error(stdout + stderr);
    return stdout;
  };

  const visit = (path: string, ...more: string[]) =>
    curl("--cacert", authority, ...more, `https://${balancer}${path}`);

  beforeAll(async () => {
    project = testProject(shape, net, own);
    authority = join(project, ".showrunner/authority.pem");
    const { status, stdout, stderr } = await runIn(project, ["lab", "up", "-i", inventory]);
    if (status !== 0) throw new Error(stdout + stderr);
    const before = await everything(project, inventory);
    planned = await site(project, inventory, "--check");
    traces = difference(before, await everything(project, inventory));
    first = await site(project, inventory, "--verify");
    const fetched = await runIn(project, ["playbook", "authority", "-i", inventory]);
    if (fetched.status !== 0) throw new Error(fetched.stdout + fetched.stderr);
  });
  afterAll(async () => {
    await runIn(project, ["lab", "down", "-i", inventory]);
    rmSync(project, { recursive: true });
  });

  it("stands after the first run", () => {
    expect(first.end.totals).toMatchObject({ failed: 0, unreachable: 0 });
    expect(first.end.totals.changed).toBeGreaterThan(20);
  });

  it("was planned without a trace: no file, package, unit or user differs from before", () => {
    expect(traces).toEqual([]);
  });

  it("was planned truthfully on the fresh hosts", () => {
    const plan = taskStatuses(planned);
    const real = taskStatuses(first);
    const unknown = unknownSteps(planned);
    const broken = [...plan]
      .filter(([name, status]) => status === "changed" && real.get(name) !== "changed")
      .map(([name]) => name);
    expect(broken, "called certain, not made").toEqual([]);
    const [foreseen, made] = [taskChanges(planned), taskChanges(first)];
    for (const [name, status] of plan)
      if (status === "changed") expect(made.get(name), `what ${name} changed`).toEqual(foreseen.get(name));
    const unlisted = [...real].filter(([name, status]) => {
      const [host, step] = name.split(" ");
      return (
        status === "changed" &&
        !["changed", "likely", "unknown"].includes(plan.get(name) ?? "") &&
        !unknown.has(`${host} ${step}`)
      );
    });
    expect(unlisted, "made, but not listed").toEqual([]);
    const likely = [...plan].filter(([, status]) => status === "likely").map(([name]) => name);
    const untrue = likely.filter((name) => real.get(name) !== "changed");
    expect(
      untrue.length,
      `likely, but not made, of ${likely.length}: ${untrue.join("; ")}`,
    ).toBeLessThanOrEqual(likely.length / 10);
    expect(likely.length).toBeGreaterThan(0);
  });

  it("is left alone by the second run", async () => {
    const { end, events } = await site(project, inventory);
    const changed = events.flatMap((event) =>
      event.type === "task:end" && event.status === "changed"
        ? [`${event.host} ${event.task.module} ${event.task.title}`]
        : [],
    );
    expect(changed).toEqual([]);
    expect(end.totals.changed).toBe(0);
  });

  it("holds all that the audit asks of its hosts", async () => {
    const { status, stdout } = await runIn(project, [
      "playbook",
      "audit",
      "-i",
      inventory,
      "--reporter",
      "plain",
    ]);
    expect(stdout.split("\n").filter((line) => line.includes("does not hold"))).toEqual([]);
    expect(stdout).toMatch(/mysql-db-08 .*holds/);
    expect(status).toBe(0);
  });

  it("is planned as unchanged afterwards, with nothing likely or unknown", async () => {
    const { end } = await site(project, inventory, "--check");
    expect(end.totals).toMatchObject({ changed: 0, likely: 0, unknown: 0 });
  });

  it("alternates between both web servers", async () => {
    const served: string[] = [];
    for (let request = 0; request < 6; request++) served.push(await servedBy(balancer, authority));
    expect(new Set(served)).toEqual(new Set(webs));
    for (let request = 1; request < served.length; request++)
      expect(served[request]).not.toBe(served[request - 1]);
  });

  it("serves static files", async () => {
    expect(await visit("/static/site.css", "-o", "/dev/null", "-w", "%{http_code} %{content_type}")).toBe(
      "200 text/css",
    );
  });

  it("keeps what is posted on the primary and on the replica", async () => {
    const text = `note ${Date.now()}`;
    expect(await visit("/notes", "-o", "/dev/null", "-w", "%{http_code}", "-d", `text=${text}`)).toBe("303");
    for (const host of [primary, replica])
      await retry(10, async () => {
        const rows = await ssh(host, "mariadb", "-N", "-e", "SELECT text FROM site.notes");
        if (!rows.includes(text)) throw new Error(`${host} has no "${text}": ${rows}`);
      });
    expect(await visit("/")).toContain(text);
  });

  it("still answers with one web server stopped", async () => {
    const [down = "", up = ""] = webs;
    await ssh(down, "systemctl", "stop", "nginx");
    try {
      await retry(15, async () => {
        for (let request = 0; request < 4; request++)
          if ((await servedBy(balancer, authority)) !== up) throw new Error("the stopped server was asked");
      });
    } finally {
      await ssh(down, "systemctl", "start", "nginx");
    }
  });

  it("answers while the replica is away", async () => {
    await ssh(replica, "systemctl", "stop", "mariadb");
    try {
      for (let request = 0; request < 8; request++)
        expect(await visit("/", "-o", "/dev/null", "-w", "%{http_code}")).toBe("200");
    } finally {
      await ssh(replica, "systemctl", "start", "mariadb");
    }
  });

  it("lets through what the inventory names, and nothing else: every port from every host", {
    timeout: 60_000,
  }, async () => {
    const hosts = await loadInventory([join(project, inventory)], loadTypeScript);
    const lab = { bridge: `sr-site${shape}`, stranger: `${own}.0.99` };
    const walked = await walkPorts(hosts, ssh, lab);
    expect(walked.wrong).toEqual([]);
    expect(walked.silent).toEqual([]);
    expect(walked.probes).toBeGreaterThan(150);
  });

  // the other shape has no host that watches
  if (shape === "lab")
    it("is watched over: all that is asked answers, and no alert fires but the watchdog", async () => {
      const prometheus = async (query: string) => {
        const url = `http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(query)}`;
        const answer: { data: { result: { metric: Record<string, string>; value: [number, string] }[] } } =
          JSON.parse((await ssh("mon1", "curl", "-sS", url)).replace(/^mon1 \| /, ""));
        return answer.data.result;
      };
      await retry(60, async () => {
        const answering = await prometheus("count by (job) (up == 1)");
        const counts = answering.map(({ metric, value }) => [metric["job"], Number(value[1])]);
        expect(Object.fromEntries(counts)).toEqual({
          node: 7,
          haproxy: 2,
          nginx: 2,
          mysql: 2,
          // the address that moves, each balancer, web server and application server, and the status page
          probe: 8,
          prometheus: 1,
          alertmanager: 1,
        });
        expect(await prometheus("probe_success == 0")).toEqual([]);
        // a rule is worked out some seconds after what it rests on
        const firing = await prometheus('ALERTS{alertstate="firing"}');
        const named = firing.map(({ metric }) => [metric["alertname"], metric["host"]]);
        expect(named).toEqual([["Watchdog", undefined]]);
      });
    });

  it("shows its passwords neither in a run's output nor in a process list", async () => {
    const secrets = /lab-only-(database-password|replication-pw)/;
    expect(JSON.stringify(first.events)).not.toMatch(secrets);
    for (const host of [primary, ...webs]) expect(await ssh(host, "ps", "axww")).not.toMatch(secrets);
  });

  // one shape is enough for these
  if (shape === "compact") {
    certificateTests(balancer, () => ({
      balancer,
      web: replica,
      authority,
      run: (...more) => runIn(project, ["playbook", "site", "-i", inventory, "--reporter", "plain", ...more]),
      script: (host, text) => ssh(host, "sh", "-c", text),
      servedBy: () => servedBy(balancer, authority),
    }));
    releasesOf();
    otherSizesOf();
  } else
    operationsOf({
      primary,
      replica,
      webs,
      balancers: ["lb1", "lb2"],
      run: (...args) => runIn(project, [...args, "-i", inventory]),
      line: (...args) => ({ words: [cli, ...args, "-i", inventory], folder: project }),
      underLoad: (work) =>
        underLoad(`https://${own}.0.10/healthz`, work, { ca: readFileSync(authority, "utf8") }),
    });

  function otherSizesOf(): void {
    const file = () => join(project, inventory);
    const groups = [
      ["web", "node[1:2]", "node[1:3]"],
      ["app", "node[1:2]", "node[1:3]"],
      ["db_replica", "node2", "node[2:3]"],
    ] as const;
    const line = `    node3: { address: "${own}.0.23" },\n`;
    let small = "";

    it("gets a third web server and a second replica by lines in the inventory", {
      timeout: 240_000,
    }, async () => {
      small = readFileSync(file(), "utf8");
      const grown = groups.reduce(
        (text, [group, from, to]) =>
          text.replace(`${group}: { hosts: ["${from}"]`, `${group}: { hosts: ["${to}"]`),
        small.replace(/^( {2}hosts: \{\n)/m, `$1${line}`),
      );
      expect(grown.split("node[").length).toBe(4);
      writeFileSync(file(), grown);
      expect(await runIn(project, ["lab", "up", "-i", inventory])).toMatchObject({ status: 0 });
      const { end } = await site(project, inventory);
      expect(end.totals).toMatchObject({ failed: 0, unreachable: 0 });
      const served = await Promise.all(Array.from({ length: 9 }, () => servedBy(balancer, authority)));
      expect(new Set(served)).toEqual(new Set([...webs, "node3"]));
      const note = `three ${Date.now()}`;
      await visit("/notes", "-o", "/dev/null", "-d", `text=${note}`);
      await retry(10, async () =>
        expect(await ssh("node3", "mariadb", "-N", "-e", "SELECT text FROM site.notes")).toContain(note),
      );
      expect((await site(project, inventory)).end.totals.changed).toBe(0);
    });

    it("loses them by the same lines, and no balancer, firewall or name tells of them", {
      timeout: 180_000,
    }, async () => {
      writeFileSync(file(), small);
      await site(project, inventory);
      const traces = `grep -lE 'node3|${own}\\.0\\.23' /etc/haproxy/haproxy.cfg /etc/nftables.conf /etc/hosts || echo none`;
      for (const host of ["lb1", ...webs]) expect(await ssh(host, "sh", "-c", traces)).toContain("none");
      const served = await Promise.all(Array.from({ length: 9 }, () => servedBy(balancer, authority)));
      expect(new Set(served)).toEqual(new Set(webs));
      expect((await site(project, inventory)).end.totals.changed).toBe(0);
    });
  }

  function releasesOf(): void {
    const app = () => join(project, "roles/app/files/sample/app.py");
    const release = (from: string, to: string) =>
      writeFileSync(app(), readFileSync(app(), "utf8").replace(from, to));
    const releases = async () => {
      const links = await Promise.all(webs.map((host) => ssh(host, "readlink", "/srv/guestbook/current")));
      return links.map((line) => /releases\/\w+/.exec(line)?.[0]);
    };
    const bringOut = (...playbook: string[]) =>
      underLoad(
        `https://${balancer}/healthz`,
        () => runIn(project, ["playbook", ...playbook, "-i", inventory]),
        { ca: readFileSync(authority, "utf8") },
      );

    it("gets a new release, server by server, and no request fails", { timeout: 120_000 }, async () => {
      const before = await releases();
      release("<h1>Guest book</h1>", "<h1>Guest book, second edition</h1>");
      const { load, value } = await bringOut("deploy");
      expect(value.stdout + value.stderr).toMatch(/0 failed|ok/);
      expect(value.status).toBe(0);
      expect(load.failures).toEqual([]);
      expect(load.sent).toBeGreaterThan(300);
      const after = await releases();
      expect(new Set(after).size).toBe(1);
      expect(after[0]).not.toBe(before[0]);
      expect(await visit("/")).toContain("second edition");
      // the files stay those of the playbook site: else it could not remove the application any more
      const [web = ""] = webs;
      expect(await ssh(web, "sh", "-c", "grep -rl ^deploy /var/lib/showrunner/owned || echo none")).toContain(
        "none",
      );
      expect((await runIn(project, ["playbook", "deploy", "-i", inventory, "--check"])).stdout).not.toMatch(
        /changed {2}/,
      );
    });

    it("stops at the first server where a release does not serve, and no request fails", {
      timeout: 180_000,
    }, async () => {
      const before = await releases();
      release('return "ok\\n", 200', 'return "a bad build\\n", 500');
      const { load, value } = await bringOut("deploy");
      expect(value.status).toBe(2);
      expect(value.stdout).toContain("does not serve");
      expect(load.failures).toEqual([]);
      expect(await releases()).toEqual(before);
      // it is healthy again after two checks
      await retry(10, async () =>
        expect(new Set([await servedBy(balancer, authority), await servedBy(balancer, authority)])).toEqual(
          new Set(webs),
        ),
      );
      release('return "a bad build\\n", 500', 'return "ok\\n", 200');
    });

    it("goes back to the release before, and no request fails", { timeout: 120_000 }, async () => {
      const { load, value } = await bringOut("rollback");
      expect(value.status).toBe(0);
      expect(load.failures).toEqual([]);
      expect(await visit("/")).not.toContain("second edition");
      const again = await runIn(project, ["playbook", "rollback", "-i", inventory, "--reporter", "jsonl"]);
      expect(again.stdout).not.toContain('"status":"changed"');
    });
  }
});
