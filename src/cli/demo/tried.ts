/** Ports of the site, tried from this machine. */
import { connect } from "node:net";

/** @returns whether a connection came about, was refused, or was never answered, as by a firewall that drops */
export function tryPort(address: string, port: number): Promise<"answers" | "refuses" | "no answer"> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 1000 });
    const end = (what: "answers" | "refuses" | "no answer") => {
      socket.destroy();
      resolve(what);
    };
    socket.once("connect", () => end("answers"));
    socket.once("timeout", () => end("no answer"));
    socket.once("error", () => end("refuses"));
  });
}
