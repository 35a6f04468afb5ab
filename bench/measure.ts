/** Runs a whole process and takes its wall-clock time, its CPU and its memory. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";

export interface Measured {
  /** From just before the process is started until it has ended and its output is read. */
  readonly seconds: number;
  /** Seconds of CPU, user's and system's, of it and of all that it started; where that was asked for. */
  readonly cpu: number | undefined;
  /** The most memory that it had at a time, in MB; where that was asked for. */
  readonly memory: number | undefined;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MeasureOptions {
  /** Given to its standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Ends the process. */
  readonly signal?: AbortSignal;
  /** What to take beside the time: `cpu` puts a shell before the command, which costs about a millisecond. */
  readonly take?: "cpu" | "memory";
}

/** How often the memory's high-water mark is looked at, in milliseconds: what it misses is the very end. */
const memoryInterval = 100;

/**
 * Bash says to the millisecond what a command took. It says so on a descriptor of its own. Without `--norc` it takes the
 * pipe on its standard input for a connection from afar, and first runs the user's .bashrc, which may take long.
 */
const timed = `exec 4>&2 2>&3; TIMEFORMAT='%3U %3S'; time "$@" 2>&4 3>&- 4>&-`;

/**
 * Runs a command and measures it.
 *
 * @param argv the command and its words
 * @returns what it did, whatever its status
 * @throws Error if it could not be started, or was ended by the signal
 */
export function measure(argv: readonly string[], options: MeasureOptions = {}): Promise<Measured> {
  const { input, env, cwd, signal, take } = options;
  const [command = "", ...words] = take === "cpu" ? ["bash", "--norc", "-c", timed, "bash", ...argv] : argv;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const started = performance.now();
    // a group of its own, so that a command behind the shell can be ended, too
    const child = spawn(command, words, {
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, ...env },
      cwd,
    });
    const end = () => void (child.pid !== undefined && process.kill(-child.pid, "SIGTERM"));
    signal?.addEventListener("abort", end);
    const [stdout, stderr, times] = [child.stdout, child.stderr, child.stdio[3] as Readable].map(collect);
    let memory = 0;
    const watch =
      take === "memory"
        ? setInterval(() => {
            memory = Math.max(memory, mostMemory(child.pid));
          }, memoryInterval)
        : undefined;
    const over = () => {
      clearInterval(watch);
      signal?.removeEventListener("abort", end);
    };
    child.once("error", (error) => {
      over();
      reject(error);
    });
    child.once("close", (status) => {
      over();
      if (signal?.aborted) return reject(new Error("interrupted"));
      resolve({
        seconds: (performance.now() - started) / 1000,
        cpu: take === "cpu" ? sumOf(times?.() ?? "") : undefined,
        memory: take === "memory" ? memory : undefined,
        status,
        stdout: stdout?.() ?? "",
        stderr: stderr?.() ?? "",
      });
    });
    child.stdin.on("error", () => undefined); // a command that has ended reads no more: its status says why
    child.stdin.end(input);
  });
}

/** Keeps what a stream gives; the function returned says it. */
function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

function sumOf(times: string): number {
  return times
    .trim()
    .split(/\s+/)
    .reduce((sum, seconds) => sum + Number(seconds), 0);
}

/** The high-water mark of a process's memory, in MB; 0 where it has ended. */
function mostMemory(pid: number | undefined): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The last lines of what a process said, for an error. */
export function lastWords({ stdout, stderr }: Measured, count = 15): string[] {
  return `${stdout}\n${stderr}`
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}
