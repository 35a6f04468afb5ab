/** Connects from a host on which processes can be started, and nothing else: bash opens the socket. */
import type { Duplex } from "node:stream";
import { ShowrunnerError } from "../core/errors.ts";
import { quote } from "../core/script.ts";
import { processStream } from "./process-stream.ts";
import type { Connection } from "./transport.ts";

/**
 * Says `+` once the socket is open; then bytes go both ways until the other end closes it. That this end has no more
 * to say can't be told: bash closes a socket in both directions or in none.
 */
const relay = `exec 3<>"/dev/tcp/$0/$1" || exit 9
exec 4<&0
printf +
cat <&4 >&3 &
cat <&3
kill $! 2>/dev/null`;

/**
 * A byte stream to `host:port` as seen from where `spawn` starts processes.
 *
 * @throws Error with the refusal's reason; ShowrunnerError `fact.failed` where there is no bash
 */
export async function dialByShell(spawn: Connection["spawn"], host: string, port: number): Promise<Duplex> {
  const command = `if command -v bash >/dev/null; then exec bash -c ${quote(relay)} ${quote(host)} ${port}; else exit 8; fi`;
  const process = await spawn(command);
  let said = "";
  process.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4096);
  });
  const opened = new Promise<true>((resolve) => {
    process.stdout.once("readable", () => {
      if (process.stdout.read(1)?.toString() === "+") resolve(true);
    });
  });
  const ended = await Promise.race([opened, process.closed]);
  if (ended === true) return processStream(process);
  if (ended.status === 8)
    throw new ShowrunnerError(
      "fact.failed",
      "the host has no bash, and the transport no other way to connect",
      {
        hint: "install bash on the host, or give the transport a `dial` of its own",
      },
    );
  const [, reason] = /connect: (.*)/.exec(said) ?? [];
  throw new Error(reason ?? ended.reason ?? (said.trim() || `the host did not connect to ${host}:${port}`));
}
