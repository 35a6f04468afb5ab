/** A connection that a master process of the system's ssh holds: its channels are client processes. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { ShowrunnerError } from "../base/errors.ts";
import { withDialLimit } from "./dial-limit.ts";
import { roomHint } from "./no-room.ts";
import { processStream } from "./process-stream.ts";
import type { Connection, Ended, RemoteProcess } from "./transport.ts";

/** Any name will do: the connection exists already, and a client must not make one of its own. */
const standing = ["--", "standing"];

export class OpenSshConnection implements Connection {
  readonly user: string;
  /** What makes an ssh a client of this connection, and of no other. */
  readonly clientOptions: readonly string[];
  readonly ended: Promise<void>;
  readonly #master: ChildProcessWithoutNullStreams;
  readonly #forward: readonly string[];
  #over = false;
  /** Why the host last refused to connect somewhere. */
  refusal: string | undefined;

  constructor(
    master: ChildProcessWithoutNullStreams,
    folder: string,
    control: string,
    user: string,
    forwardAgent: boolean,
  ) {
    this.user = user;
    this.#master = master;
    this.#forward = forwardAgent ? ["-A"] : [];
    this.clientOptions = ["-F", "none", "-S", control, "-o", "ControlMaster=no", "-o", "ProxyCommand=false"];
    this.ended = new Promise((resolve) => {
      master.once("close", () => {
        this.#over = true;
        rmSync(folder, { recursive: true, force: true });
        resolve();
      });
    });
    master.stderr.on("data", (chunk: Buffer) => {
      const [, reason] = /open failed: (.*)/.exec(chunk.toString()) ?? [];
      if (reason !== undefined) this.refusal = reason.trim();
    });
  }

  spawn(command: string): Promise<RemoteProcess> {
    return this.#spawn(command, "-T");
  }

  spawnOnTerminal(command: string): Promise<RemoteProcess> {
    return this.#spawn(command, "-tt");
  }

  async #spawn(command: string, terminal: "-T" | "-tt"): Promise<RemoteProcess> {
    const child = this.#client([terminal, "-o", "LogLevel=ERROR", ...this.#forward, ...standing, command]);
    let isRefused = false;
    const onSaid = (chunk: Buffer) => {
      isRefused ||= /session request failed: Session open refused/.test(chunk.toString());
    };
    child.stderr.once("data", onSaid); // nothing can arrive before that
    const closed = new Promise<Ended>((resolve) => {
      child.once("error", (error) => resolve({ status: null, reason: error.message }));
      child.once("close", async (status) => {
        // 255 is the status of ssh itself, but may be that of the command
        if (status === 255) await this.#mayBeOver();
        if (isRefused && status === 255)
          return resolve({
            status: null,
            reason: `the host opens no more sessions on a connection, and the connection itself takes one`,
            hint: `${roomHint}, or reach it by the built-in client (transport: "ssh"), which opens further connections`,
          });
        resolve(this.#over ? { status: null, reason: "the connection was lost" } : { status });
      });
    });
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      closed,
      close: () => child.kill(),
    };
  }

  dial(host: string, port: number, timeout: number): Promise<Duplex> {
    const target = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    // ssh says that the other end is open in its debug messages only
    const child = this.#client(["-v", "-W", target, ...standing]);
    const dialled = new Promise<Duplex>((resolve, reject) => {
      let said = "";
      const onStderr = (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4096);
        if (!/stdio_fwd.*session id/.test(said)) return;
        child.stderr.off("data", onStderr);
        child.stderr.resume();
        resolve(processStream({ stdin: child.stdin, stdout: child.stdout, close: () => child.kill() }));
      };
      child.stderr.on("data", onStderr);
      child.once("error", reject);
      child.once("close", async () => {
        await this.#mayBeOver();
        const lost = new ShowrunnerError("host.lost", "the connection was lost");
        reject(this.#over ? lost : new Error(this.refusal ?? `the host did not connect to ${target}`));
      });
    });
    return withDialLimit(dialled, timeout, () => child.kill());
  }

  async close(): Promise<void> {
    if (this.#over) return;
    this.#master.kill();
    const ended = await Promise.race([this.ended.then(() => true), sleep(2000, false, { ref: false })]);
    if (!ended) this.#master.kill("SIGKILL");
    await this.ended;
  }

  /** A client ends with the master, which shows its own end a moment later. */
  async #mayBeOver(): Promise<void> {
    await Promise.race([this.ended, sleep(300)]);
  }

  #client(options: readonly string[]): ChildProcessWithoutNullStreams {
    // in a session of its own: a Ctrl-C at the terminal is the run's to handle
    return spawn("ssh", [...this.clientOptions, ...options], { detached: true, stdio: "pipe" });
  }
}
