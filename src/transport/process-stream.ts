/** A process's standard input and output as one stream of bytes. */
import { Duplex } from "node:stream";
import type { RemoteProcess } from "./transport.ts";

/** Destroying the stream ends the process, and is no error, unlike with `Duplex.from`. */
export function processStream({
  stdin,
  stdout,
  close,
}: Pick<RemoteProcess, "stdin" | "stdout" | "close">): Duplex {
  const stream = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => void stdin.write(chunk, done),
    final: (done) => void stdin.end(done),
    destroy(error, done) {
      close();
      done(error);
    },
  });
  stdout.on("data", (chunk: Buffer) => {
    if (!stream.push(chunk)) stdout.pause();
  });
  stdout.once("end", () => stream.push(null));
  stdin.on("error", (error) => stream.destroy(error));
  return stream;
}
