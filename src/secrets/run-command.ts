/** Runs commands of the control machine that print secrets. */
import { spawn, spawnSync } from "node:child_process";
import { onInterrupt } from "../base/interrupts.ts";
import type { Source } from "../base/secret-reading.ts";
import { interrupted, unavailable } from "../base/secret-unavailable.ts";
import { secretText } from "./secret-text.ts";
import { withoutNewline } from "./without-newline.ts";

interface Command {
  readonly argv: readonly [string, ...string[]];
  /** What to do where it isn't there. */
  readonly missing?: string | undefined;
}

interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly error?: Error | undefined;
}

/** It may ask on the terminal. */
const stdio: ["inherit", "pipe", "pipe"] = ["inherit", "pipe", "pipe"];

/** What a command may print: no secret is as large. */
const limit = 16 * 1024 * 1024;

/** How long a command has to end where it is asked to. Milliseconds. */
const leave = 1000;

/** What a command prints, without one newline at its end. */
export function printed(command: Command): Source {
  return { now: () => runNow(command), later: (signal) => runLater(command, signal) };
}

/** @throws ShowrunnerError "secret.unavailable" */
function runNow(command: Command): string {
  const [name, ...args] = command.argv;
  return printedBy(command, spawnSync(name, args, { stdio, maxBuffer: limit }));
}

/**
 * The same, while this process goes on.
 *
 * @param signal ends the command
 * @throws ShowrunnerError "secret.unavailable", "interrupted"
 */
async function runLater(command: Command, signal: AbortSignal | undefined): Promise<string> {
  if (signal?.aborted) throw interrupted();
  const ending = new AbortController();
  const end = () => ending.abort();
  const stop = onInterrupt(end);
  signal?.addEventListener("abort", end, { once: true });
  try {
    const ended = await endOf(command, ending.signal);
    if (ending.signal.aborted)
      throw interrupted(`interrupted while the command "${command.argv[0]}" was to give a secret`);
    return printedBy(command, ended);
  } finally {
    stop();
    signal?.removeEventListener("abort", end);
  }
}

function endOf({ argv: [name, ...args] }: Command, abort: AbortSignal): Promise<End> {
  const child = spawn(name, args, { stdio });
  const heard = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let size = 0;
  let error: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  const kill = () => child.kill("SIGKILL");
  const end = () => {
    // processes that the command has started may hold the streams open
    for (const stream of [child.stdout, child.stderr]) stream.destroy();
    child.kill();
    timer = setTimeout(kill, leave);
  };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].on("data", (chunk: Buffer) => {
      heard[stream].push(chunk);
      size += chunk.length;
      if (size <= limit) return;
      error ??= new Error("it prints without end");
      end();
    });
  abort.addEventListener("abort", end, { once: true });
  process.once("exit", kill); // the command must not outlive this process if this process must end at once
  return new Promise((resolve) => {
    child.once("error", (failure) => {
      error = failure;
    });
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      abort.removeEventListener("abort", end);
      process.off("exit", kill);
      const [stdout, stderr] = [Buffer.concat(heard.stdout), Buffer.concat(heard.stderr)];
      resolve({ status, signal, stdout, stderr, error });
    });
  });
}

function printedBy({ argv: [name], missing }: Command, end: End): string {
  const { status, signal, stdout, stderr, error } = end;
  if (error)
    throw unavailable(
      "code" in error && error.code === "ENOENT"
        ? `the command "${name}", which gives a secret, is not there`
        : `the command "${name}", which gives a secret, can't be run: ${error.message}`,
      missing ?? "Install it, or put its folder in PATH.",
      error,
    );
  if (status === 0) return withoutNewline(secretText(stdout, `what the command "${name}" printed`));
  // on a terminal, Ctrl-C reaches the command as well as this process
  if (signal === "SIGINT") throw interrupted();
  const why = stderr.toString().trim().split("\n").at(-1) ?? "";
  throw unavailable(
    `the command "${name}", which gives a secret, ${signal ? `was ended by ${signal}` : `failed with status ${status}`}${why ? `: ${why}` : ""}`,
  );
}
