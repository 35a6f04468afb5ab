/** Taking leave of a host that is gone without a word. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { connector } from "../../src/transport/connect.ts";
import { keys, sshServer, type TestServer } from "./ssh-server.ts";

const made = keys();
const key = made.make("key");
let server: TestServer;
let network: Server;
const sockets: Socket[] = [];

beforeAll(async () => {
  vi.stubEnv("SSH_AUTH_SOCK", "");
  server = await sshServer({
    hostKey: made.make("host"),
    accepts: key,
    knownHosts: join(made.folder, "known_hosts"),
  });
  // half-open is how a connection is left whose other side does not answer any more
  network = createServer({ allowHalfOpen: true }, (socket) => {
    const onward = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.pipe(onward).pipe(socket);
    sockets.push(socket, onward);
    for (const one of [socket, onward]) one.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => network.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const socket of sockets) socket.destroy();
  network.close();
  await server.close();
  made.remove();
});

it("a connection that is over is no closed port: whoever would connect through it hears that the host is lost", async () => {
  const connection = await connector("ssh", server.settings({ identityFile: key }))();
  await connection.close();
  await expect(connection.dial("127.0.0.1", server.port, 1000)).rejects.toMatchObject({ code: "host.lost" });
});

it("a connection whose other side is gone is dropped after two seconds, and keeps the process no longer", async () => {
  const address = network.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const connection = await connector("ssh", server.settings({ port, identityFile: key }))();
  const [near, far] = sockets;
  near?.unpipe();
  far?.unpipe();
  const cut = new Promise((resolve) => near?.once("close", resolve));
  const began = performance.now();
  await connection.close();
  expect(performance.now() - began).toBeLessThan(4000);
  near?.destroy();
  await cut;
});
