/** A connection that ssh2 holds: its channels are processes and byte streams. */
import { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { NoRoom } from "./no-room.ts";
import type { Connection, RemoteProcess } from "./transport.ts";

/** How long the other side has to close the connection. Milliseconds. */
const closeLimit = 2000;

export class SshConnection implements Connection {
  readonly user: string;
  readonly #client: Client;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;
  #forwardsAgent: boolean;
  #reason: string | undefined;

  /** @param forwardsAgent whether processes may use the client's agent */
  constructor(client: Client, user: string, forwardsAgent: boolean) {
    this.user = user;
    this.#client = client;
    this.#forwardsAgent = forwardsAgent;
    // each channel that is being opened listens for the end; at a jump host there are many at a time
    client.setMaxListeners(0);
    this.ended = new Promise((resolve) => client.once("close", resolve));
    // node-ssh removes its own listener once it is connected: without this one a reset would end the process
    client.on("error", (error) => {
      this.#reason = `the connection was lost: ${error.message}`;
    });
  }

  spawn(command: string): Promise<RemoteProcess> {
    return this.#spawn(command, false);
  }

  spawnOnTerminal(command: string): Promise<RemoteProcess> {
    return this.#spawn(command, true);
  }

  #spawn(command: string, pty: boolean): Promise<RemoteProcess> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(this.#lost());
      this.#client.once("close", gone);
      try {
        const options = { pty, agentForward: this.#forwardsAgent };
        this.#client.exec(command, options, (error, channel) => {
          this.#client.off("close", gone);
          if (!error) resolve(this.#process(channel));
          else if (options.agentForward && error.message === noAgent) {
            // as with OpenSSH's own client: a program that needs the agent will report it
            this.#forwardsAgent = false;
            resolve(this.#spawn(command, pty));
          } else reject(noChannel(error));
        });
      } catch (error) {
        this.#client.off("close", gone);
        reject(this.#lost(error));
      }
    });
  }

  dial(host: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(this.#lost());
      this.#client.once("close", gone);
      try {
        this.#client.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
          this.#client.off("close", gone);
          if (!error) resolve(channel);
          // a refusal has the other side's reason; anything else is this connection's own trouble
          else reject("reason" in error ? new Error(reasonIn(error)) : this.#lost(error));
        });
      } catch (error) {
        this.#client.off("close", gone);
        reject(this.#lost(error));
      }
    });
  }

  async close(): Promise<void> {
    this.#client.end();
    const timer = setTimeout(() => this.#abort(), closeLimit);
    await this.ended;
    clearTimeout(timer);
  }

  /**
   * Drops the connection without the other side, which may be gone without a word: the socket would keep this process
   * alive for a quarter of an hour. The client's own `destroy` does nothing once `end` was called.
   */
  #abort(): void {
    const socket: unknown = Reflect.get(this.#client, "_sock");
    if (socket instanceof Duplex) socket.destroy();
    else this.#client.destroy();
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

/** How ssh2 says that the host does not let its processes use the agent (AllowAgentForwarding no). */
const noAgent = "Unable to request agent forwarding";

function noChannel(error: Error): ShowrunnerError {
  return new NoRoom(`the host opened no session: ${reasonIn(error)}`);
}

/** The reason alone: that the refusal came over a channel is of no use to the reader. */
function reasonIn({ message }: Error): string {
  return message.replace(/^\(SSH\) Channel open failure: /, "");
}
