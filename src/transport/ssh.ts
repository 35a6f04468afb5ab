/** A host over SSH: node-ssh makes the connection, the ssh2 channels beneath it carry the rest. */
import { existsSync, readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { NodeSSH } from "node-ssh";
import type { Client, ClientChannel } from "ssh2";
import { messageOf, ShowrunnerError } from "../core/errors.ts";
import { type HostKeyCheck, hostKeyCheck } from "./host-key.ts";
import type { ConnectionSettings } from "./settings.ts";
import type { Connection, RemoteProcess } from "./transport.ts";

const serverKeyTypes = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const;

/**
 * Connects to a host and proves who it is.
 *
 * @throws ShowrunnerError `host.unreachable`, `host.key` or `host.auth`
 */
export async function connectSsh(settings: ConnectionSettings): Promise<Connection> {
  const ssh = new NodeSSH();
  const keyCheck = hostKeyCheck(settings);
  const user = settings.user ?? userInfo().username;
  try {
    await ssh.connect({
      host: settings.address,
      port: settings.port,
      username: user,
      readyTimeout: (settings.connectTimeout ?? 15) * 1000,
      keepaliveInterval: 15_000,
      keepaliveCountMax: 4,
      hostVerifier: (key: Buffer) => keyCheck.verify(key),
      algorithms: { serverHostKey: orderedKeyTypes(keyCheck) },
      authHandler: authentications(user, settings),
    });
  } catch (error) {
    ssh.dispose();
    throw keyCheck.refusal ?? explainFailure(error, user, settings);
  }
  const client = ssh.connection;
  if (!client) throw new ShowrunnerError("host.lost", "the connection ended as soon as it was made");
  client.setNoDelay(true);
  return new SshConnection(client);
}

class SshConnection implements Connection {
  readonly #client: Client;
  readonly #ended: Promise<void>;
  #reason: string | undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#ended = new Promise((resolve) => client.once("close", resolve));
    // node-ssh takes its own listener away once it is connected: without this one a reset would end the process
    client.on("error", (error) => {
      this.#reason = `the connection was lost: ${error.message}`;
    });
  }

  spawn(command: string): Promise<RemoteProcess> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(this.#lost());
      this.#client.once("close", gone);
      try {
        this.#client.exec(command, (error, channel) => {
          this.#client.off("close", gone);
          if (error) reject(new ShowrunnerError("host.lost", `the host opened no channel: ${error.message}`));
          else resolve(this.#process(channel));
        });
      } catch (error) {
        reject(this.#lost(error));
      }
    });
  }

  dial(host: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(this.#lost());
      this.#client.once("close", gone);
      this.#client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
        this.#client.off("close", gone);
        if (!error) resolve(channel);
        // a refusal has the other side's reason; anything else is this connection's own trouble
        else reject("reason" in error ? error : this.#lost(error));
      });
    });
  }

  async close(): Promise<void> {
    this.#client.end();
    const timer = setTimeout(() => this.#client.destroy(), 2000);
    await this.#ended;
    clearTimeout(timer);
  }

  #process(channel: ClientChannel): RemoteProcess {
    let status: number | null = null;
    channel.on("exit", (code: number | null) => {
      status = code;
    });
    const closed = new Promise<{ status: number | null; reason?: string | undefined }>((resolve) => {
      channel.once("close", () => resolve({ status, reason: this.#reason }));
      const gone = () => resolve({ status, reason: this.#reason ?? "the connection was lost" });
      this.#client.once("close", gone);
      channel.once("close", () => this.#client.off("close", gone));
    });
    return { stdin: channel, stdout: channel, stderr: channel.stderr, closed, close: () => channel.close() };
  }

  #lost(error?: unknown): ShowrunnerError {
    const why = error === undefined ? "" : `: ${messageOf(error)}`;
    return new ShowrunnerError("host.lost", this.#reason ?? `the connection was lost${why}`);
  }
}

/** The host's key types, those already known to us first. */
function orderedKeyTypes({ preferred }: HostKeyCheck): (typeof serverKeyTypes)[number][] {
  const isKnown = (type: string) => preferred.includes(type.startsWith("rsa-") ? "ssh-rsa" : type);
  return [...serverKeyTypes].sort((a, b) => Number(isKnown(b)) - Number(isKnown(a)));
}

type Authentication =
  | { type: "publickey"; username: string; key: Buffer }
  | { type: "agent"; username: string; agent: string }
  | { type: "password"; username: string; password: string };

/** What to try, in OpenSSH's order: the agent, key files, a password. A named key file is tried alone. */
function authentications(username: string, settings: ConnectionSettings): Authentication[] {
  const found: Authentication[] = [];
  const agent = process.env["SSH_AUTH_SOCK"];
  if (settings.identityFile !== undefined) {
    if (!existsSync(settings.identityFile))
      throw new ShowrunnerError("host.auth", `the key file ${settings.identityFile} does not exist`, {
        hint: "name an existing private key as identityFile, or leave it out to use the agent and your default keys",
      });
    found.push({ type: "publickey", username, key: readFileSync(settings.identityFile) });
  } else {
    if (agent) found.push({ type: "agent", username, agent });
    for (const name of ["id_ed25519", "id_ecdsa", "id_rsa"]) {
      const file = join(homedir(), ".ssh", name);
      if (existsSync(file)) found.push({ type: "publickey", username, key: readFileSync(file) });
    }
  }
  if (settings.password !== undefined) {
    const { password } = settings;
    found.push({
      type: "password",
      username,
      password: typeof password === "string" ? password : password.reveal(),
    });
  }
  return found;
}

/** Says why no connection was made, in the user's terms. */
function explainFailure(
  error: unknown,
  user: string,
  { address, port }: ConnectionSettings,
): ShowrunnerError {
  if (error instanceof ShowrunnerError) return error;
  const message = messageOf(error);
  const where = `${address}:${port}`;
  const fail = (text: string, hint: string) =>
    new ShowrunnerError("host.unreachable", text, { hint, cause: error });
  if (/authentication methods failed/i.test(message))
    return new ShowrunnerError("host.auth", `${where} accepted no key or password for the user ${user}`, {
      hint: "name the right user and identityFile in the inventory, or add your key to the agent or to the host",
      cause: error,
    });
  if (/ECONNREFUSED/.test(message))
    return fail(`nothing listens on ${where}`, "is sshd running there, and is that its port?");
  if (/ENOTFOUND|EAI_AGAIN/.test(message))
    return fail(`the name ${address} is unknown`, "give the host an address in the inventory");
  if (/Timed out|ETIMEDOUT/i.test(message))
    return fail(`${where} did not answer in time`, "is the host up, and does a firewall let you through?");
  if (/EHOSTUNREACH|ENETUNREACH/.test(message))
    return fail(`there is no way to ${where}`, "is the host up, and on a network that you reach?");
  return fail(`no connection to ${where}: ${message}`, `try it by hand: ssh -p ${port} ${user}@${address}`);
}
