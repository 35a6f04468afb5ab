/** The control machine itself as a host. */
import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Connection, RemoteProcess } from "./transport.ts";

/** "Connects" to this machine: processes are started here, each in a process group of its own. */
export async function connectLocal(): Promise<Connection> {
  const running = new Set<RemoteProcess>();
  return {
    async spawn(command) {
      const started = start(command);
      running.add(started);
      void started.closed.then(() => running.delete(started));
      return started;
    },
    dial: (host, port) =>
      new Promise<Duplex>((resolve, reject) => {
        const socket = connect({ host, port });
        socket.once("connect", () => resolve(socket));
        socket.once("error", reject);
      }),
    async close() {
      for (const process of running) process.close();
    },
  };
}

function start(command: string): RemoteProcess {
  const child = spawn("sh", ["-c", command], { detached: true, stdio: "pipe" });
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
