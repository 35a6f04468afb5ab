/** Ports for servers that can't choose one themselves. */
import { createServer } from "node:net";

/**
 * A port of 127.0.0.1 on which nothing listens. It is below those that the kernel gives to whoever asks for any, so
 * nobody takes it before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
