/** Runs a whole process and takes its wall-clock time. */
import { spawn } from "node:child_process";

export interface Measured {
  /** From just before the process is started until it has ended and its output is read. */
  readonly seconds: number;
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
}

/**
 * Runs a command and measures it. Started directly, as a shell in between would be measured too.
 *
 * @param argv the command and its words
 * @returns what it did, whatever its status
 * @throws Error if it could not be started, or was ended by the signal
 */
export function measure(argv: readonly string[], options: MeasureOptions = {}): Promise<Measured> {
  const [command = "", ...words] = argv;
  const { input, env, cwd, signal } = options;
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, words, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
      cwd,
      signal,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.once("error", reject);
    child.once("close", (status) =>
      resolve({
        seconds: (performance.now() - started) / 1000,
        status,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
    child.stdin.on("error", () => undefined); // a command that has ended reads no more: its status says why
    child.stdin.end(input);
  });
}

/** The last lines of what a process said, for an error. */
export function lastWords({ stdout, stderr }: Measured, count = 15): string[] {
  return `${stdout}\n${stderr}`
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}
