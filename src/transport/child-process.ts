/** A process of this machine as a process of a host: what runs there is reached through its three streams. */
import { type ChildProcess, spawn } from "node:child_process";
import type { RemoteProcess } from "./transport.ts";

/**
 * Starts a command of this machine, without a shell in between, in a process group of its own: a Ctrl-C at the
 * terminal is the run's to handle.
 *
 * @param argv the command and its words
 */
export function startChild([file = "", ...words]: readonly string[]): RemoteProcess {
  const child = spawn(file, words, { detached: true, stdio: "pipe" });
  const closed = new Promise<{ status: number | null; reason?: string | undefined }>((resolve) => {
    child.once("error", (error) => resolve({ status: null, reason: error.message }));
    child.once("close", (status) => resolve({ status }));
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    closed,
    close: () => child.kill("SIGTERM"),
  };
}

/** Ends a child that was started detached, with all that it started in its process group. */
export function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return; // it never began
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // nobody is left in it
  }
}
