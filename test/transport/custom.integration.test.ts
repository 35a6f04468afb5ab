/** A transport of a user's own, from a command that starts processes: it must do what the built-in ones do. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { printBytes, quote } from "../../src/base/script.ts";
import { startChild } from "../../src/transport/child-process.ts";
import { connector } from "../../src/transport/connect.ts";
import { defineTransport, type Transport } from "../../src/transport/custom.ts";
import { Session } from "../../src/transport/session.ts";
import type { Connection } from "../../src/transport/transport.ts";

interface SilentPort {
  readonly port: number;
  close(): void;
}

/** A port of this machine that answers no more, as behind a firewall: nobody accepts, and the queue is full. */
async function silentPort(): Promise<SilentPort> {
  const listening = `const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  process.stdout.write(String(server.address().port));
  setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
});`;
  const child = spawn(process.execPath, ["-e", listening], { stdio: ["ignore", "pipe", "inherit"] });
  const port = Number(await new Promise<Buffer>((done) => child.stdout.once("data", done)));
  await new Promise((done) => setTimeout(done, 200));
  const waiting = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  await new Promise((done) => setTimeout(done, 200));
  return {
    port,
    close() {
      for (const socket of waiting) socket.destroy();
      child.kill("SIGKILL");
    },
  };
}

/** The processes in the process group of the one whose command matches. */
function ofGroupWith(pattern: string): number[] {
  const table = execFileSync("ps", ["-eo", "pid,pgid,args"], { encoding: "utf8" });
  const rows = [...table.matchAll(/^ *(\d+) +(\d+) (.*)/gm)];
  const group = rows.find(([, , , args = ""]) => new RegExp(pattern).test(args))?.[2];
  return rows.filter(([, , of]) => group !== undefined && of === group).map(([, pid]) => Number(pid));
}

/** A zombie, of which only its number is left, does not count. */
function lives(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const settings = { name: "box", address: "box", user: undefined };
const here = defineTransport({ name: "here", command: (_, script) => ["sh", "-c", script] });
const over = (transport: Transport, changed: { connectTimeout?: number } = {}) =>
  new Session(connector(transport, { ...settings, ...changed }));

describe("a transport by a command", () => {
  const session = over(here);
  let echo: Server;
  let port = 0;
  beforeAll(async () => {
    echo = createServer((socket) => {
      socket.on("data", (data) => (data.toString() === "bye" ? socket.end(data) : socket.write(data)));
    });
    await new Promise<void>((done) => echo.listen(0, "127.0.0.1", done));
    const address = echo.address();
    port = typeof address === "object" ? (address?.port ?? 0) : 0;
  });
  afterAll(async () => {
    await session.close();
    echo.close();
  });

  it("runs scripts, byte for byte", async () => {
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 7) % 256));
    const [output] = await session.run(undefined, [`${printBytes(bytes)}; echo err >&2; exit 7`]);
    expect(output).toEqual({ stdout: bytes, stderr: Buffer.from("err\n"), status: 7 });
  });

  it("ends what a time limit ends, and runs the next script", async () => {
    const marker = `5${process.pid}`;
    const late = session.run(undefined, [`sleep ${marker} & sleep ${marker}`], { timeout: 300 });
    await expect(late).rejects.toMatchObject({ code: "task.timeout" });
    const [left] = await session.run(undefined, [`ps -eo args | grep -c '[s]leep ${marker}'; :`]);
    expect(left?.stdout.toString()).toBe("0\n");
  });

  it("connects elsewhere as seen from the host, both ways", async () => {
    const stream = await session.dial("127.0.0.1", port);
    const sent = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 256));
    const answer: Buffer[] = [];
    let size = 0;
    await new Promise<void>((done) => {
      stream.on("data", (chunk: Buffer) => {
        answer.push(chunk);
        size += chunk.length;
        if (size >= sent.length) done();
      });
      stream.write(sent);
    });
    expect(Buffer.concat(answer).equals(sent)).toBe(true);
    stream.destroy();
  });

  it("sees the other end close", async () => {
    const stream = await session.dial("127.0.0.1", port);
    const ended = new Promise<void>((done) => stream.once("end", done));
    stream.resume();
    stream.write("bye");
    await ended;
  });

  it("leaves nothing of a connection elsewhere that was given up here, though the other end keeps it", async () => {
    const near = over(here);
    const stream = await near.dial("127.0.0.1", port);
    const relay = ofGroupWith(`^bash -c .* 127.0.0.1 ${port} `);
    expect(relay.length).toBeGreaterThan(1);
    stream.destroy();
    await vi.waitFor(() => expect(relay.filter(lives)).toEqual([]), 5000);
    await near.close();
  });

  it("ends no process group a second time: its number may be another's by then", async () => {
    const ended = startChild(["true"], "group");
    await ended.closed;
    const kill = vi.spyOn(process, "kill");
    ended.close();
    expect(kill).not.toHaveBeenCalled();
    kill.mockRestore();
  });

  it("keeps what a script left running in the background, and does not wait for it", async () => {
    const left = startChild(["sh", "-c", "sleep 60 & echo $!; cat"]);
    const daemon = Number(await new Promise<Buffer>((done) => left.stdout.once("data", done)));
    const began = performance.now();
    left.close();
    await left.closed;
    try {
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(lives(daemon)).toBe(true);
    } finally {
      process.kill(daemon);
    }
  });

  it("says why a connection elsewhere is refused", async () => {
    await expect(session.dial("127.0.0.1", 1)).rejects.toThrow(/^Connection refused$/);
  });

  describe("to a port that does not answer", () => {
    let silent: SilentPort;
    beforeAll(async () => {
      silent = await silentPort();
    });
    afterAll(() => silent.close());
    const relays = async () => {
      const [output] = await session.run(undefined, ["ps -eo args | grep '^bash -c' || :"]);
      const lines = (output?.stdout.toString() ?? "").split("\n");
      return lines.filter((line) => line.includes(`127.0.0.1 ${silent.port}`));
    };

    it.each<[string, Transport]>([
      ["one process of this machine", here],
      [
        "what goes on there when it is ended here",
        defineTransport({
          name: "far",
          command: (_, script) => ["sh", "-c", `cat | setsid --wait sh -c ${quote(script)}`],
        }),
      ],
    ])("gives up after its time limit, and leaves nothing behind: %s", async (_, transport) => {
      const far = over(transport);
      const given = expect(far.dial("127.0.0.1", silent.port, 3000)).rejects.toThrow("no answer within 3 s");
      await vi.waitUntil(async () => (await relays()).length > 0, 3000);
      await given;
      await vi.waitUntil(async () => (await relays()).length === 0, 5000);
      await far.close();
    });
  });

  it("says what is missing where the host has no bash", async () => {
    const bin = mkdtempSync(join(tmpdir(), "bare-"));
    symlinkSync("/bin/sh", join(bin, "sh"));
    const bare = over(
      defineTransport({
        name: "bare",
        command: (_, script) => ["env", `PATH=${bin}`, "/bin/sh", "-c", script],
      }),
    );
    await expect(bare.dial("127.0.0.1", port)).rejects.toMatchObject({
      code: "fact.failed",
      message: "the host has no bash, and the transport no other way to connect",
    });
    await bare.close();
    rmSync(bin, { recursive: true });
  });
});

describe("a host that a transport does not reach", () => {
  it.each<[string, Transport, string]>([
    [
      "with what its command said",
      defineTransport({
        name: "jail",
        command: ({ name }) => ["sh", "-c", `echo "no jail ${name}" >&2; exit 1`],
      }),
      "no connection to box by jail: no jail box",
    ],
    [
      "with its command's status",
      defineTransport({ name: "jail", command: () => ["false"] }),
      "no connection to box by jail: the command ended with 1",
    ],
    [
      "with the command that there isn't",
      defineTransport({ name: "jail", command: () => ["no-such-command"] }),
      "no connection to box by jail: spawn no-such-command ENOENT",
    ],
    [
      "with what its own code threw",
      defineTransport({ name: "jail", connect: () => Promise.reject(new Error("no route")) }),
      "no connection to box by jail: no route",
    ],
    [
      "where it gave nothing",
      // what a program that was not compiled may give
      defineTransport({ name: "jail", connect: async () => JSON.parse("null") }),
      "no connection to box by jail: its connect() gave no connection",
    ],
    [
      "where it gave something else",
      defineTransport({ name: "jail", connect: async () => JSON.parse('{ "close": true }') }),
      "no connection to box by jail: its connect() gave no connection",
    ],
  ])("is unreachable, %s", async (_, transport, message) => {
    const session = over(transport);
    await expect(session.run(undefined, ["true"])).rejects.toMatchObject({
      code: "host.unreachable",
      message,
    });
    await session.close();
  });

  it("is tried by hand with the words that the error tells", async () => {
    const command = (_: unknown, script: string) => ["false", "a b", script];
    const session = over(defineTransport({ name: "jail", command }));
    await expect(session.run(undefined, ["true"])).rejects.toMatchObject({
      hint: "try it by hand: false 'a b' id",
    });
    await session.close();
  });

  it("is unreachable where it never connects, and is told to leave off; what comes too late is closed", async () => {
    let resolve: (made: Connection) => void = () => undefined;
    const promise = new Promise<Connection>((settle) => {
      resolve = settle;
    });
    const close = vi.fn(async () => undefined);
    let signal: AbortSignal | undefined;
    const transport = defineTransport({
      name: "endless",
      connect: (_, given) => {
        signal = given;
        return promise;
      },
    });
    const session = over(transport, { connectTimeout: 0.2 });
    await expect(session.run(undefined, ["true"])).rejects.toMatchObject({
      code: "host.unreachable",
      message: "no connection to box by endless: no answer within 0.2 s",
    });
    expect(signal?.aborted).toBe(true);
    resolve({ spawn: () => Promise.reject(new Error()), dial: () => Promise.reject(new Error()), close });
    await vi.waitFor(() => expect(close).toHaveBeenCalled());
    await session.close();
  });

  it("is unreachable where its command does not answer in time, and leaves nothing of it", async () => {
    const marker = `6${process.pid}`;
    const command = () => ["sh", "-c", `sleep ${marker} | sleep ${marker}`];
    const session = over(defineTransport({ name: "slow", command }), { connectTimeout: 0.2 });
    await expect(session.run(undefined, ["true"])).rejects.toThrow("no answer within 0.2 s");
    const left = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).includes(`sleep ${marker}`);
    await vi.waitUntil(() => !left(), 5000);
    await session.close();
  });
});
