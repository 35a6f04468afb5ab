/** A slow network: a TCP proxy on the loopback address that keeps every byte back for a while, both ways. */
import { connect, createServer, type Socket } from "node:net";

export interface SlowLink {
  readonly port: number;
  close(): void;
}

/**
 * Opens a proxy to an address.
 *
 * @param delay milliseconds, each way
 */
export async function slowLink(address: string, port: number, delay: number): Promise<SlowLink> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ host: address, port, noDelay: true, allowHalfOpen: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      // what breaks on one side breaks on the other
      socket.on("error", () => void [near, far].map((one) => one.destroy()));
    }
    forward(near, far, delay);
    forward(far, near, delay);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the proxy listens on no port");
  return {
    port: bound.port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Timers of one length end in the order in which they began, so the bytes keep theirs. */
function forward(from: Socket, to: Socket, delay: number): void {
  from.on("data", (chunk) => setTimeout(() => to.writable && to.write(chunk), delay));
  from.on("end", () => setTimeout(() => to.end(), delay));
}
