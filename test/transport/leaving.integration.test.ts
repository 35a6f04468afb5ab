/** Ending while a host is still being connected: nobody waits for one that is silent. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connector, type TransportName } from "../../src/transport/connect.ts";
import { defineTransport } from "../../src/transport/custom.ts";
import { Session } from "../../src/transport/session.ts";
import type { ConnectionSettings } from "../../src/transport/settings.ts";
import type { Connection } from "../../src/transport/transport.ts";
import { keys, sshServer, type TestServer } from "./ssh-server.ts";

/** What a request still says, and how long the session took to close. */
async function leave(session: Session, begun: () => Promise<unknown>): Promise<number> {
  const refused = expect(session.run(undefined, ["true"])).rejects.toMatchObject({
    code: "host.lost",
    message: "the connection was closed: the run is over",
  });
  await begun();
  const began = performance.now();
  await session.close();
  const took = performance.now() - began;
  await refused;
  return took;
}

it("a connection that comes too late is closed", async () => {
  let arrive: (connection: Connection) => void = () => undefined;
  const session = new Session(
    () =>
      new Promise((resolve) => {
        arrive = resolve;
      }),
  );
  expect(await leave(session, async () => undefined)).toBeLessThan(2000);
  const never = () => Promise.reject(new Error("nobody asks"));
  const close = vi.fn(async () => undefined);
  arrive({ spawn: never, dial: never, close });
  await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
});

it("a command that connects is ended", async () => {
  let signal: AbortSignal | undefined;
  const pipe = join(made.folder, "pid");
  const command = () => ["sh", "-c", `echo $$ >${pipe}; exec sleep 60`];
  const slow = defineTransport({ name: "slow", command });
  const session = new Session((given) => {
    signal = given;
    return connector(slow, { name: "box", address: "box", user: undefined })(given);
  });
  const pid = () => Number(readFileSync(pipe, "utf8"));
  expect(await leave(session, () => vi.waitFor(() => expect(pid()).toBeGreaterThan(0)))).toBeLessThan(2000);
  expect(signal?.aborted).toBe(true);
  await vi.waitFor(() => expect(() => process.kill(pid(), 0)).toThrow("ESRCH"));
});

const made = keys();
describe.each<TransportName>(["ssh", "openssh"])("a silent host, by %s", (transport) => {
  const key = made.make(`key-${transport}`);
  const sockets: Socket[] = [];
  let silent: Server;
  let port = 0;
  let gate: TestServer;
  beforeAll(async () => {
    vi.stubEnv("SSH_AUTH_SOCK", "");
    vi.stubEnv("HOME", made.folder);
    silent = createServer((socket) => sockets.push(socket.on("error", () => undefined).resume()));
    await once(silent.listen(0, "127.0.0.1"), "listening");
    const address = silent.address();
    port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const knownHosts = join(made.folder, "known_hosts");
    gate = await sshServer({ hostKey: made.make(`host-${transport}`), accepts: key, knownHosts });
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    silent.close();
    await gate.close();
  });

  const host = (changed: Partial<ConnectionSettings> = {}) => gate.settings({ port, ...changed });
  it.each<[string, () => ConnectionSettings]>([
    ["itself", () => host({ jump: [] })],
    ["as a jump host", () => gate.settings({ jump: [host({ jump: [] })] })],
    ["behind a jump host", () => host({ jump: [gate.settings({ jump: [] })] })],
  ])("%s, is waited for no longer, and its connection is dropped", async (_, settings) => {
    sockets.length = 0;
    const session = new Session(connector(transport, settings()));
    const dialled = () => vi.waitUntil(() => sockets.length > 0, 10_000);
    expect(await leave(session, dialled)).toBeLessThan(2000);
    await vi.waitUntil(() => sockets.every((socket) => socket.readableEnded || socket.destroyed), 5000);
  });
});
afterAll(() => made.remove());
