/** SSH servers within the test's own process: commands run on this machine, forwards lead where they say. */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuthContext, Connection as Peer } from "ssh2";
import ssh2 from "ssh2";
import type { ConnectionSettings } from "../../src/transport/settings.ts";

export interface Keys {
  readonly folder: string;
  /** Makes a key pair; the private key's file. */
  make(name: string, passphrase?: string): string;
  remove(): void;
}

export function keys(): Keys {
  const folder = mkdtempSync(join(tmpdir(), "keys-"));
  return {
    folder,
    make(name, passphrase = "") {
      const file = join(folder, name);
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", file]);
      return file;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

export interface TestServer {
  readonly port: number;
  /** How many clients have connected so far. */
  readonly connections: number;
  /** The ports that clients asked to be connected to. */
  readonly forwarded: readonly number[];
  /** The public keys that were offered so far, in base64. */
  readonly offered: string[];
  /** The passwords that were tried so far. */
  readonly passwords: string[];
  settings(changed?: Partial<ConnectionSettings>): ConnectionSettings;
  /** Cuts every connection. */
  cut(): void;
  close(): Promise<void>;
}

export interface ServerOptions {
  /** The private host key's file. */
  readonly hostKey: string;
  /** Who may come in with the key of this file, … */
  readonly accepts?: string;
  /** … or with this password. */
  readonly password?: string;
  readonly knownHosts: string;
}

export async function sshServer(options: ServerOptions): Promise<TestServer> {
  const peers = new Set<Peer>();
  const forwarded: number[] = [];
  const offered: string[] = [];
  const passwords: string[] = [];
  let connections = 0;
  const server = new ssh2.Server({ hostKeys: [readFileSync(options.hostKey)] }, (peer) => {
    connections++;
    peers.add(peer);
    peer.on("close", () => peers.delete(peer));
    peer.on("error", () => undefined);
    peer.on("authentication", (context) => {
      if (context.method === "password") passwords.push(context.password);
      if (context.method === "publickey") offered.push(context.key.data.toString("base64"));
      if (accepted(context, options)) context.accept();
      else context.reject(["publickey", "password"]);
    });
    peer.on("tcpip", (accept, reject, { destIP, destPort }) => {
      forwarded.push(destPort);
      const socket = connect({ host: destIP, port: destPort });
      socket.once("error", () => reject());
      socket.once("connect", () => {
        const channel = accept();
        socket.pipe(channel).pipe(socket);
        socket.on("error", () => channel.end());
        channel.on("error", () => socket.destroy());
        channel.on("close", () => socket.destroy());
      });
    });
    peer.on("session", (acceptSession) => {
      acceptSession().on("exec", (accept, _reject, { command }) => {
        const channel = accept();
        const child = spawn("sh", ["-c", command], { stdio: "pipe" });
        channel.pipe(child.stdin);
        child.stdin.on("error", () => undefined);
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        child.once("close", (status) => {
          channel.exit(status ?? 255);
          channel.end();
        });
        channel.on("close", () => child.kill());
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return {
    port: address.port,
    get connections() {
      return connections;
    },
    forwarded,
    offered,
    passwords,
    settings: (changed = {}) => ({
      name: "test",
      address: "127.0.0.1",
      port: address.port,
      user: "somebody",
      identityFile: options.accepts,
      knownHosts: options.knownHosts,
      connectTimeout: 60,
      ...changed,
    }),
    cut() {
      for (const peer of peers) peer.end();
    },
    close: () =>
      new Promise((resolve) => {
        for (const peer of peers) peer.end();
        server.close(() => resolve());
      }),
  };
}

function accepted(context: AuthContext, { accepts, password }: ServerOptions): boolean {
  if (context.method === "password") return context.password === password;
  if (context.method !== "publickey" || accepts === undefined) return false;
  const [, wanted = ""] = readFileSync(`${accepts}.pub`, "utf8").split(" ");
  const sum = (data: Buffer) => createHash("sha256").update(data).digest("hex");
  if (sum(context.key.data) !== sum(Buffer.from(wanted, "base64"))) return false;
  if (!context.signature || !context.blob) return true; // the client only asks whether the key would do
  const parsed = ssh2.utils.parseKey(readFileSync(`${accepts}.pub`));
  return (
    !(parsed instanceof Error) && parsed.verify(context.blob, context.signature, context.hashAlgo) === true
  );
}
