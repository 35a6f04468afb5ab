/** A process of this machine as a process of a host: what runs there is reached through its three streams. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { RemoteProcess } from "./transport.ts";

/** How long a closed process has to end its streams. Milliseconds. */
const closeGrace = 500;

/**
 * Starts a command of this machine, without a shell in between, in a process group of its own: a Ctrl-C at the
 * terminal is the run's to handle.
 *
 * @param argv the command and its words
 * @param end what closing it ends: the process alone, since a script may have left a daemon in its group, or the group.
 *   Either way this process is not kept alive by whoever goes on and holds the other ends of the streams
 */
export function startChild(
  [file = "", ...words]: readonly string[],
  end: "process" | "group" = "process",
): RemoteProcess {
  const child = spawn(file, words, { detached: true, stdio: "pipe" });
  let over = false;
  const closed = new Promise<{ status: number | null; reason?: string | undefined }>((resolve) => {
    child.once("error", (error) => resolve({ status: null, reason: error.message }));
    child.once("close", (status) => {
      over = true;
      resolve({ status });
    });
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    closed,
    close() {
      if (over) return; // its number may belong to another process by now
      if (end === "group") endGroup(child);
      else child.kill("SIGTERM");
      const timer = setTimeout(() => letGo(child), closeGrace);
      child.once("close", () => clearTimeout(timer));
    },
  };
}

/** Its streams end with a `close` alone: who reads them should have seen their end before, if there was to be one. */
function letGo(child: ChildProcessWithoutNullStreams): void {
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  child.unref();
}

/** Ends a child that was started detached, with all that it started in its process group. */
export function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return; // the process never began
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // no process is left in the group
  }
}
