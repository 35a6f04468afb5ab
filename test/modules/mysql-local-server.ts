/** MariaDB servers of a test's own, on this machine: their files in a temporary directory, ended with the test. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Task } from "../../src/core/tasks/task.ts";
import { freePort } from "../free-port.ts";
import { runHere as runBody } from "./local.ts";

/** Whether this machine has a server to start. */
export const serverInstalled = [
  "/usr/sbin/mariadbd",
  "/usr/bin/mariadb-install-db",
  "/usr/bin/mariadb-binlog",
].every(existsSync);

export class LocalServer {
  /** Made by `start`: a test that is not run leaves nothing. */
  readonly #directory = join(tmpdir(), `mysql-test-${randomBytes(6).toString("hex")}`);
  readonly #id: number;
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;
  port = 0;

  /** @param options further ones of the server: `--ssl-cert=…` */
  constructor(id: number, options: readonly string[] = []) {
    this.#id = id;
    this.#options = options;
  }

  get socket(): string {
    return join(this.#directory, "server.sock");
  }

  get login(): { socket: string } {
    return { socket: this.socket };
  }

  async start(): Promise<void> {
    this.port = await freePort();
    mkdirSync(this.#directory, { mode: 0o700 });
    const data = join(this.#directory, "data");
    // a server that starts takes every temporary table in its tmpdir for a dead one's, and removes it
    const temporary = join(this.#directory, "tmp");
    mkdirSync(temporary);
    const log = openSync(join(this.#directory, "log"), "a");
    const common = ["--no-defaults", "--user=root", `--datadir=${data}`, `--tmpdir=${temporary}`];
    execFileSync(
      "mariadb-install-db",
      [
        ...common,
        "--auth-root-authentication-method=socket",
        "--auth-root-socket-user=root",
        "--skip-test-db",
      ],
      { stdio: ["ignore", log, log] },
    );
    this.#process = spawn(
      "mariadbd",
      [
        ...common,
        `--socket=${this.socket}`,
        `--pid-file=${join(this.#directory, "pid")}`,
        `--port=${this.port}`,
        "--bind-address=127.0.0.1",
        `--server-id=${this.#id}`,
        "--log-bin=bin",
        "--relay-log=relay",
        "--log-slave-updates",
        "--binlog-format=ROW",
        "--gtid-strict-mode=ON",
        "--innodb-buffer-pool-size=16M",
        "--innodb-flush-log-at-trx-commit=0",
        "--character-set-server=utf8mb4",
        ...this.#options,
      ],
      { stdio: ["ignore", log, log] },
    );
    closeSync(log);
    for (let tries = 0; ; tries++) {
      try {
        this.query("SELECT 1");
        return;
      } catch (error) {
        if (tries > 100) throw new Error(`${readFileSync(join(this.#directory, "log"))}`, { cause: error });
        await new Promise((wait) => setTimeout(wait, 100));
      }
    }
  }

  /** Runs SQL as root; rows are lines, columns are separated by tabs. */
  query(sql: string, format = "--skip-column-names"): string {
    return execFileSync("mariadb", ["--no-defaults", `--socket=${this.socket}`, "--batch", format], {
      input: sql,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
    }).trim();
  }

  /** Whether one can log in over TCP. */
  lets(user: string, password: string): boolean {
    try {
      execFileSync(
        "mariadb",
        ["--no-defaults", "--host=127.0.0.1", `--port=${this.port}`, `--user=${user}`, "-e", "SELECT 1"],
        { env: { ...process.env, MYSQL_PWD: password }, stdio: "pipe" },
      );
      return true;
    } catch {
      return false;
    }
  }

  async stop(): Promise<void> {
    const running = this.#process;
    if (running && running.exitCode === null) {
      const ended = new Promise((resolve) => running.once("exit", resolve));
      running.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export interface LocalRun {
  /** `module: status` and each change's name. */
  readonly tasks: readonly string[];
  readonly changes: readonly string[];
  /** Everything that was emitted, as text. */
  readonly emitted: string;
  readonly error: string | undefined;
  readonly hint: string | undefined;
}

/** Runs tasks on this machine, in order. */
export async function runHere(
  tasks: readonly Task<unknown>[],
  options: { readonly check?: boolean } = {},
): Promise<LocalRun> {
  const { events, error } = await runBody(async () => {
    for (const task of tasks) await task;
  }, options);
  const ended = events.flatMap((event) => (event.type === "task:end" ? [event] : []));
  return {
    tasks: ended.map(({ task, status }) => `${task.module}: ${status}`),
    changes: ended.flatMap(({ changes }) => changes.map(({ what }) => what)),
    emitted: JSON.stringify(events),
    error: error && [error.message, ...error.details].join("\n"),
    hint: error?.hint,
  };
}
