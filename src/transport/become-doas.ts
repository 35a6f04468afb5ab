/** Becoming another user through doas, with a password or without. */
import { randomBytes } from "node:crypto";
import { quote } from "../base/script.ts";
import { letIn } from "./become-dialogue.ts";
import { refused } from "./become-refused.ts";
import { newToken, plainShell, provenShell, startScript, tokenWord, untilSaid } from "./start.ts";
import { nothingRuns } from "./start-refused.ts";
import type { Become, Connection, RemoteProcess } from "./transport.ts";

/**
 * doas takes a password from a terminal only, and a terminal mixes the streams and alters the bytes. So the terminal
 * serves for the password alone: what the shell reads and writes goes through named pipes to a channel of its own.
 */
export async function shellByDoas(connection: Connection, become: Become): Promise<RemoteProcess> {
  const user = quote(become.user);
  if (become.password === undefined || !connection.spawnOnTerminal)
    return provenShell(connection, (shell) => `doas -n -u ${user} -- ${shell}`);
  const ready = newToken();
  const folder = `/tmp/showrunner-doas-${randomBytes(16).toString("hex")}`;
  const doas = `doas -u ${user} -- sh -c ${quote(`printf ${ready}; exec sh`)}`;
  let process: RemoteProcess | undefined;
  try {
    process = await startScript(
      await connection.spawn(plainShell),
      relay(folder, onTerminal(folder, doas), ready),
      nothingRuns(connection.user),
    );
    await untilSaid(process, ready, (said) => refused(become, said));
    const terminal = await connection.spawnOnTerminal(`sh ${folder}/start`);
    terminal.stderr.resume();
    return await letIn(joined(process, terminal), become, { ready, terminal });
  } catch (error) {
    process?.close();
    await tidy(connection, folder);
    throw error;
  }
}

/** The pipes' names are removed by the other end, as soon as both ends are open. */
const relay = (folder: string, start: string, token: string) =>
  [
    `umask 077; mkdir ${folder} && cd ${folder} && mkfifo in out err && printf '%s\\n' ${quote(start)} >start || exit`,
    `printf ${tokenWord(token)}`,
    "exec 3<&0",
    "cat <out & out=$!",
    "cat <err >&2 & err=$!",
    "cat <&3 >in & in=$!",
    'wait "$out" "$err"; kill "$in" 2>/dev/null',
  ].join("\n");

/** A shell keeps the terminal open meanwhile: sshd closes a terminal that no process has open. */
const onTerminal = (folder: string, doas: string) => `cd ${folder} || exit
{ cd /; rm -rf ${folder}; ${doas}; } <in >out 2>err
exit "$?"`;

/** The command's streams with doas's own end. */
function joined(process: RemoteProcess, terminal: RemoteProcess): RemoteProcess {
  return {
    ...process,
    closed: terminal.closed.then(async (ended) => {
      await process.closed;
      return ended;
    }),
    close() {
      terminal.close();
      process.close();
    },
  };
}

/** Opens pipes that no process has opened, so that nothing waits for them for ever. */
async function tidy(connection: Connection, folder: string): Promise<void> {
  const script = `cd ${folder} 2>/dev/null || exit 0
for pipe in in out err; do : <>"$pipe"; done; cd /; rm -rf ${folder}`;
  try {
    const tidied = await startScript(
      await connection.spawn(plainShell),
      script,
      nothingRuns(connection.user),
    );
    tidied.stdout.resume();
    tidied.stderr.resume();
    await tidied.closed;
  } catch {
    // the connection is gone, and says so itself
  }
}
