/** What HAProxy says of its servers: from its own words, over a socket, to a fact. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/facts/fact.ts";
import { commandHaproxy, haproxySettings, haproxyTraffic, trafficIn } from "../../src/facts/haproxy.ts";

const folder = mkdtempSync(join(tmpdir(), "haproxy-"));
const socket = join(folder, "admin.sock");

const states = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
3 web 1 a 127.0.0.1 0 1 1 1 1 8 2 0 6 0 0 0 - 9001 - 0 0 - - 0
3 web 2 b 127.0.0.1 2 24 7 10 2 1 0 2 0 0 0 0 - 9002 - 0 0 - - 0
4 api 1 a 127.0.0.1 2 4 256 1 2 1 0 2 0 0 0 0 - 9001 - 0 0 - - 0
`;
const row = (backend: string, name: string, queued: number, open: number, status: string, check: string) =>
  `${backend},${name},${queued},0,${open},0,,0,0,0,,0,,0,0,0,0,${status},1,1,0,1,1,1,1,,1,3,1,,0,,2,0,,0,${check},,0,0,0`;
const stats = `# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status
${row("web", "a", 1, 3, "MAINT", "L4CON")}
${row("web", "b", 0, 0, "DRAIN", "L7OK")}
${row("api", "a", 0, 2, "no check", "")}
`;

const told: string[] = [];
const server = createServer((client) => {
  client.once("data", (data) => {
    const command = data.toString();
    told.push(command);
    if (command.startsWith("show")) client.end(`${states}\n${stats}\n`);
    else client.end(command.includes(" 300") ? "Absolute weight can only be between 0 and 256.\n\n" : "\n");
  });
});
beforeAll(async () => {
  server.listen(socket);
  await once(server, "listening");
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Not at once: the server is in this process. */
async function run(script: string) {
  const child = spawn("sh", ["-c", script]);
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (printed.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (printed.stderr += data.toString()));
  await once(child, "close");
  return { status: child.exitCode, ...printed };
}

type Key = Parameters<typeof haproxySettings.is>[0];

async function read<V>({ source }: Fact<Key, V>, keys: readonly Key[]) {
  if (!("script" in source)) throw new Error("expected a script");
  const { status, stdout, stderr } = await run(source.script(keys).text);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const values = source.parse(Buffer.from(stdout), keys);
  return keys.map((key) => values.get(key));
}

describe("a server's settings", () => {
  it("are what an administrator has set, in each backend that has the server", async () => {
    const keys = ["a", "b", "c"].map((name) => ({ socket, server: name }));
    expect(await read(haproxySettings, keys)).toEqual([
      {
        running: true,
        servers: [
          { backend: "web", state: "maintenance", weight: 1 },
          // in maintenance by its configuration once, and ready since
          { backend: "api", state: "ready", weight: 256 },
        ],
      },
      { running: true, servers: [{ backend: "web", state: "drain", weight: 7 }] },
      { running: true, servers: [], others: [] },
    ]);
    expect(await read(haproxySettings, [{ socket, server: "c" }])).toEqual([
      { running: true, servers: [], others: ["web/a", "web/b", "api/a"] },
    ]);
  });

  it("of one HAProxy that does not answer leave the other alone", async () => {
    const link = join(folder, "link.sock");
    symlinkSync(socket, link);
    const keys = [join(folder, "none.sock"), link, socket].map((path) => ({ socket: path, server: "b" }));
    expect(await read(haproxySettings, keys)).toMatchObject([
      { running: false, problem: "No such file or directory" },
      { running: false, problem: "it is a link" },
      { running: true, servers: [{ backend: "web" }] },
    ]);
  });

  it("of many servers are asked for by one question", async () => {
    const before = told.length;
    const keys = Array.from({ length: 60 }, (_, at) => ({ socket, server: `s${at}` }));
    await read(haproxySettings, keys);
    expect(told.length - before).toBe(1);
  });
});

describe("a server's traffic", () => {
  it("is its sessions and those that wait for it, and its state in HAProxy's words", async () => {
    expect(await read(haproxyTraffic, [{ socket, server: "a" }])).toEqual([
      [
        { backend: "web", sessions: 4, status: "MAINT", check: "L4CON" },
        { backend: "api", sessions: 2, status: "no check", check: "" },
      ],
    ]);
  });

  it("is none where HAProxy does not answer", async () => {
    expect(await read(haproxyTraffic, [{ socket: join(folder, "none.sock"), server: "a" }])).toEqual([[]]);
  });
});

describe("a command", () => {
  it("tells what the server does then, and fails by what HAProxy says against it", async () => {
    const key = { socket, server: "b" };
    const { status, stdout } = await run(commandHaproxy(key, "set weight web/b 3").text);
    expect(status).toBe(0);
    expect(trafficIn(Buffer.from(stdout), key)).toEqual([
      { backend: "web", sessions: 0, status: "DRAIN", check: "L7OK" },
    ]);
    const refused = await run(commandHaproxy(key, "set weight web/b 300").text);
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("HAProxy says: Absolute weight can only be between 0 and 256.");
    const silent = await run(
      commandHaproxy({ ...key, socket: join(folder, "none.sock") }, "set weight web/b 3").text,
    );
    expect(silent.stderr).toContain("HAProxy does not answer at");
  });
});

describe("an answer as long as may be", () => {
  it("is read in a moment", () => {
    const keys = Array.from({ length: 60 }, (_, at) => ({ socket, server: `s${at}` }));
    const line = "0\tset\ts0\ta\t0\t1\n";
    const answer = Buffer.from(line.repeat((512 * 1024) / line.length + 1));
    const { source } = haproxySettings;
    if (!("parse" in source)) throw new Error("expected a script");
    const before = process.cpuUsage();
    source.parse(answer, keys);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(250);
  });
});
