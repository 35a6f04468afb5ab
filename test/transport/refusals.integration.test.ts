/** What hosts say instead of letting anybody in, and what is told of it: over both clients in the same words. */
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connector } from "../../src/transport/connect.ts";
import { Session } from "../../src/transport/session.ts";
import { keys, sshServer } from "./ssh-server.ts";

const made = keys();
const key = made.make("key");
const other = made.make("other");
let server: Server | undefined;

beforeEach(() => {
  vi.stubEnv("SSH_AUTH_SOCK", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  server?.close();
  server = undefined;
});
afterAll(() => made.remove());

/** A host that does just this with whoever connects. */
async function hostThat(does: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    does(socket);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function asked(transport: "ssh" | "openssh", port: number, identityFile?: string): Promise<unknown> {
  const session = new Session(
    connector(transport, {
      name: "test",
      address: "127.0.0.1",
      port,
      user: "somebody",
      identityFile,
      knownHosts: join(made.folder, "known_hosts"),
    }),
  );
  return session.run(undefined, ["echo"]).finally(() => session.close());
}

describe.each(["ssh", "openssh"] as const)("over %s", { timeout: 30_000 }, (transport) => {
  it.each([
    [
      "shuts this machine out",
      "Not allowed at this time\r\n",
      /takes no connection from this machine for the time being: Not allowed at this time$/,
      /PerSourcePenalties.*wait some minutes/,
    ],
    [
      "has too many connections",
      "Exceeded MaxStartups\r\n",
      /takes no more connections that are not logged in yet: Exceeded MaxStartups$/,
      /--forks.*MaxStartups/,
    ],
    [
      "closes the connection without a word",
      "",
      /took the connection and closed it at once$/,
      /MaxStartups.*PerSourcePenalties/,
    ],
  ])("a host that %s is told of as such", async (_, words, message, hint) => {
    const port = await hostThat((socket) => socket.end(words));
    await expect(asked(transport, port, key)).rejects.toMatchObject({
      code: "host.unreachable",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it("names the key that was refused", async () => {
    const host = await sshServer({
      hostKey: made.make(`host-${transport}`),
      accepts: other,
      knownHosts: join(made.folder, `known-${transport}`),
    });
    const session = new Session(connector(transport, host.settings({ identityFile: key })));
    await expect(session.run(undefined, ["echo"])).rejects.toMatchObject({
      code: "host.auth",
      message: `127.0.0.1:${host.port} accepted no key or password for the user somebody`,
      details: expect.arrayContaining([`tried in this order: ${key}`]),
    });
    await session.close();
    await host.close();
  });

  it("tells that the agent does not answer, and that its path is too long", async () => {
    const host = await sshServer({
      hostKey: made.make(`host-agent-${transport}`),
      accepts: other,
      knownHosts: join(made.folder, `known-agent-${transport}`),
    });
    const socket = `/tmp/${"x".repeat(120)}`;
    vi.stubEnv("SSH_AUTH_SOCK", socket);
    const session = new Session(connector(transport, host.settings({ identityFile: undefined })));
    await expect(session.run(undefined, ["echo"])).rejects.toMatchObject({
      code: "host.auth",
      details: expect.arrayContaining([
        `the agent at ${socket} (SSH_AUTH_SOCK) does not answer: its path is too long for a socket`,
      ]),
    });
    await session.close();
    await host.close();
  });
});
