/** What a host prints before a user is logged in. The client drops it, but it is often the reason for a failure. */
import { Duplex } from "node:stream";
import type { Client } from "ssh2";

/** Longer than any real greeting. Bytes. */
const most = 4096;

/**
 * Listens to a client that connects.
 *
 * @returns the lines that the host has said so far
 */
export function listenTo(client: Client): () => readonly string[] {
  let banners = "";
  let first = "";
  client.on("banner", (message) => {
    banners = `${banners}${message}\n`.slice(-most);
  });
  const socket: unknown = Reflect.get(client, "_sock");
  if (socket instanceof Duplex) {
    // a host that takes no connection says so instead of naming its protocol (RFC 4253, 4.2)
    const onData = (chunk: Buffer) => {
      first += chunk.toString("latin1", 0, most);
      if (first.length >= most || /^SSH-/m.test(first)) socket.off("data", onData);
    };
    socket.on("data", onData);
  }
  return () => {
    const [greeting = ""] = first.split(/^SSH-/m);
    return `${greeting}\n${banners}`
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  };
}
