/** Connects from a host on which processes can be started, and nothing else: bash opens the socket. */
import type { Duplex } from "node:stream";
import { ShowrunnerError } from "../base/errors.ts";
import { quote } from "../base/script.ts";
import { withDialLimit } from "./dial-limit.ts";
import { processStream } from "./process-stream.ts";
import { newToken, plainShell, tokenWord, untilSaid } from "./start.ts";
import { nothingRuns } from "./start-refused.ts";
import type { Connection, RemoteProcess } from "./transport.ts";

/**
 * Says a token once the socket is open; then bytes go both ways until the other end closes it. This end can't close its
 * direction alone: bash closes a socket in both directions or in none.
 *
 * Nothing is written to bash while it connects. A process beside it reads its input meanwhile, and ends bash when the
 * input is closed, or after the time limit: ending the local process need not end bash on the host. A bash that has
 * only just been forked may miss any signal but KILL.
 */
const relay = `exec 4<&0
{ read -r -n 1 -t "$2" <&4; kill -9 $$; } >/dev/null 2>&1 &
exec 3<>"/dev/tcp/$0/$1" || { kill -9 $!; exit 9; }
exec 2>/dev/null
kill -9 $!
wait $!
printf %s "$3"
cat <&4 >&3 &
cat <&3
kill -9 $!`;

/**
 * A byte stream to `host:port` as seen from where `spawn` starts processes.
 *
 * @param timeout milliseconds
 * @throws Error with the refusal's reason; ShowrunnerError `fact.failed` where there is no bash
 */
export async function dialByShell(
  spawn: Connection["spawn"],
  host: string,
  port: number,
  timeout: number,
): Promise<Duplex> {
  const seconds = Math.ceil(timeout / 1000) + 1; // this side must time out first: it gives the reason
  const token = newToken();
  const relayed = `bash -c ${quote(relay)} ${quote(host)} ${port} ${seconds} ${tokenWord(token)}`;
  const process = await spawn(plainShell);
  process.stdin.on("error", () => undefined); // the end of the process gives the reason
  process.stdin.write(`{ if command -v bash >/dev/null; then exec ${relayed}; else exit 8; fi; }\n`);
  return withDialLimit(opened(process, token, `${host}:${port}`), timeout, () => process.close());
}

async function opened(process: RemoteProcess, token: string, target: string): Promise<Duplex> {
  let said = "";
  const explain = (heard: string) => {
    said = heard;
    return nothingRuns(undefined)(heard);
  };
  try {
    return processStream(await untilSaid(process, token, explain));
  } catch (error) {
    const ended = await process.closed;
    if (ended.status === 8)
      throw new ShowrunnerError(
        "fact.failed",
        "the host has no bash, and the transport no other way to connect",
        { hint: "install bash on the host, or give the transport a `dial` of its own" },
      );
    const [, reason] = /connect: (.*)/.exec(said) ?? [];
    throw new Error(reason ?? ended.reason ?? (said || `the host did not connect to ${target}`), {
      cause: error,
    });
  }
}
