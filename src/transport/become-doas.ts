/** Becoming another user through doas, with a password or without. */
import { randomBytes } from "node:crypto";
import { messageOf } from "../core/base/errors.ts";
import { quote } from "../core/base/script.ts";
import { letIn, lostOr } from "./become-dialogue.ts";
import { refused } from "./become-refused.ts";
import { withTimeLimit } from "./time-limit.ts";
import type { Become, Connection, RemoteProcess } from "./transport.ts";

/** How long the host may take to make the pipes, in milliseconds. */
const patience = 30_000;

export async function spawnByDoas(
  connection: Connection,
  become: Become,
  command: string,
  ready: string,
): Promise<RemoteProcess> {
  const doas = `doas -u ${quote(become.user)} -- sh -c`;
  if (become.password === undefined || !connection.spawnOnTerminal)
    return connection.spawn(`doas -n -u ${quote(become.user)} -- sh -c ${quote(command)}`);
  const wrapped = `printf ${ready}; ${command}`;
  const name = `showrunner-doas-${randomBytes(8).toString("hex")}`;
  const process = await connection.spawn(relay(name, ready));
  try {
    const late = () => refused(become, `no pipes to it within ${patience / 1000} s`);
    const folder = await withTimeLimit(folderFrom(process, become, ready), patience, late);
    const terminal = await connection.spawnOnTerminal(onTerminal(folder, `${doas} ${quote(wrapped)}`));
    terminal.stderr.resume();
    return await letIn(joined(process, terminal), become, { ready, terminal });
  } catch (error) {
    await tidy(connection, process, name);
    throw error;
  }
}

/**
 * doas takes a password from a terminal only, and a terminal mixes the streams and alters the bytes. So the terminal
 * serves for the password alone: what the command reads and writes goes through named pipes to a channel of its own.
 */
function folderFrom(process: RemoteProcess, become: Become, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    let complaint = "";
    const onComplaint = (chunk: Buffer) => {
      complaint += chunk.toString();
    };
    const onData = (chunk: Buffer) => {
      said += chunk.toString();
      // what login files print comes before it
      const [, path] = new RegExp(`${token} (.*)\n`).exec(said) ?? [];
      if (path === undefined) return;
      process.stdout.off("data", onData);
      process.stderr.off("data", onComplaint);
      resolve(path);
    };
    process.stdout.on("data", onData);
    process.stderr.on("data", onComplaint);
    void process.closed.then(({ reason }) => reject(lostOr(refused(become, complaint.trim()), reason)));
  });
}

/** The names are gone as soon as both ends are open: the other end removes them. */
const relay = (name: string, token: string) =>
  `exec sh -c ${quote(
    [
      `umask 077; folder=$(mktemp -d "\${TMPDIR:-/tmp}/${name}.XXXXXX") && cd "$folder" && mkfifo in out err || exit`,
      `printf '%s %s\\n' ${token} "$folder"`,
      "exec 3<&0",
      "cat <out & out=$!",
      "cat <err >&2 & err=$!",
      "cat <&3 >in & in=$!",
      'wait "$out" "$err"; kill "$in" 2>/dev/null',
    ].join("\n"),
  )}`;

/** A shell keeps the terminal open meanwhile: sshd gives up one that nobody has open. */
const onTerminal = (folder: string, doas: string) =>
  `exec sh -c ${quote(
    `cd ${quote(folder)} || exit
{ cd /; rm -rf ${quote(folder)}; ${doas}; } <in >out 2>err
exit "$?"`,
  )}`;

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

/** Opens what nobody has opened, so that nobody waits for it for ever. */
async function tidy(connection: Connection, process: RemoteProcess, name: string): Promise<void> {
  process.close();
  const script = `exec sh -c ${quote(`for folder in "\${TMPDIR:-/tmp}"/${name}.*; do
cd "$folder" 2>/dev/null || continue
for pipe in in out err; do : <>"$pipe"; done; cd /; rm -rf "$folder"
done`)}`;
  const tidied = await connection.spawn(script).catch((error: unknown) => messageOf(error));
  if (typeof tidied === "string") return; // the connection is gone, and says so itself
  tidied.stdout.resume();
  tidied.stderr.resume();
  await tidied.closed;
}
