/** The control machine itself as a host. */
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { startChild } from "./child-process.ts";
import { withDialLimit } from "./dial-limit.ts";
import type { Connection, RemoteProcess } from "./transport.ts";

/** "Connects" to this machine: processes are started here, each in a process group of its own. */
export async function connectLocal(): Promise<Connection> {
  const running = new Set<RemoteProcess>();
  return {
    async spawn(command) {
      const started = startChild(["sh", "-c", command]);
      running.add(started);
      void started.closed.then(() => running.delete(started));
      return started;
    },
    dial(host, port, timeout) {
      const socket = connect({ host, port });
      const dialled = new Promise<Duplex>((resolve, reject) => {
        socket.once("connect", () => resolve(socket));
        socket.once("error", reject);
      });
      return withDialLimit(dialled, timeout, () => socket.destroy());
    },
    async close() {
      for (const process of running) process.close();
    },
  };
}
