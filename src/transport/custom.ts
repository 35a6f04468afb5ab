/** A user's own transport: any way to start a process on a host is enough. */
import { type ErrorDetails, messageOf, ShowrunnerError } from "../base/errors.ts";
import { pasted } from "../base/script.ts";
import { startChild } from "./child-process.ts";
import { dialByShell } from "./dial-by-shell.ts";
import { Kept } from "./output.ts";
import { type ConnectionSettings, defaultConnectTimeout } from "./settings.ts";
import { startLimits } from "./start.ts";
import { withTimeLimit } from "./time-limit.ts";
import type { Connection, RemoteProcess } from "./transport.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** A way to reach hosts: the value of the setting `transport`. */
export interface Transport {
  /** How inventories and messages call it. */
  readonly name: string;
  /**
   * Reaches one host. An error that it throws is shown as the reason why the host is unreachable. It must succeed
   * within the host's `connectTimeout` (15 s). The signal is aborted when that time is over, or when the run ends
   * before: the function must then stop connecting, since that keeps the process from ending.
   */
  connect(host: ConnectionSettings, signal?: AbortSignal): Promise<Connection>;
}

/** A transport by a command of the control machine that starts processes on a host. */
export interface CommandTransport {
  readonly name: string;
  /**
   * The words of the command that runs `script` in the host's `sh`, with its own standard input, output and error as
   * those of the script, and ends when the script does. The script itself holds no secret.
   */
  command(host: ConnectionSettings, script: string): readonly string[];
}

/**
 * Defines a transport, for the setting `transport` of hosts and groups.
 *
 * @param definition a command that starts processes on a host, or `connect`, which makes a whole `Connection`
 *
 * @example
 * export const docker = defineTransport({
 *   name: "docker",
 *   command: ({ address }, script) => ["docker", "exec", "-i", address, "sh", "-c", script],
 * });
 * export default inventory({ hosts: { web1: { transport: docker } } });
 */
export function defineTransport(definition: Transport | CommandTransport): Transport {
  if ("connect" in definition) return definition;
  const { name, command } = definition;
  return {
    name,
    connect: (host, signal) => connectByCommand(name, host, (script) => command(host, script), signal),
  };
}

/** Whether a value, such as a host's setting, is a transport of the user's own. */
export function isTransport(value: unknown): value is Transport {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "connect" in value &&
    typeof value.connect === "function"
  );
}

/**
 * Connects over a user's own transport.
 *
 * @throws ShowrunnerError `host.unreachable`, or what the transport throws if it is one of ours
 */
export async function connectCustom(
  transport: Transport,
  host: ConnectionSettings,
  signal?: AbortSignal,
): Promise<Connection> {
  const { connectTimeout = defaultConnectTimeout } = host;
  const unwanted = new AbortController();
  const given = AbortSignal.any([unwanted.signal, ...(signal ? [signal] : [])]);
  try {
    const connecting = unlessAborted(Promise.resolve(transport.connect(host, given)), given, (late) => {
      if (isConnection(late)) void late.close();
    });
    const made = await withTimeLimit(connecting, connectTimeout * 1000, () =>
      unreachable(transport.name, host, `no answer within ${connectTimeout} s`, {}),
    );
    if (isConnection(made)) return made;
  } catch (error) {
    unwanted.abort();
    if (error instanceof ShowrunnerError) throw error;
    throw unreachable(transport.name, host, messageOf(error), { cause: error });
  }
  throw unreachable(transport.name, host, "its connect() gave no connection", {
    hint: "A connection has the functions spawn, dial and close: see docs/extending.md.",
  });
}

/** For code that was not compiled: checks the types. */
function isConnection(value: unknown): value is Connection {
  if (typeof value !== "object" || value === null) return false;
  return ["spawn", "dial", "close"].every((name) => typeof Reflect.get(value, name) === "function");
}

function unreachable(
  name: string,
  { address }: ConnectionSettings,
  reason: string,
  details: ErrorDetails,
): ShowrunnerError {
  return new ShowrunnerError(
    "host.unreachable",
    `no connection to ${address} by ${name}: ${reason}`,
    details,
  );
}

/** A first process shows whether the host is reachable. If not, the command's output is the reason. */
async function connectByCommand(
  name: string,
  host: ConnectionSettings,
  command: (script: string) => readonly string[],
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const { connectTimeout = defaultConnectTimeout } = host;
  const byHand = { hint: `try it by hand: ${command("id").map(pasted).join(" ")}` };
  const probe = startChild(command(":"), "group");
  const said = new Kept(startLimits.bytes);
  probe.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  probe.stdout.resume();
  probe.stdin.on("error", () => undefined); // `closed` gives the reason
  probe.stdin.end();
  signal?.addEventListener("abort", probe.close, { once: true });
  const { status, reason } = await withTimeLimit(probe.closed, connectTimeout * 1000, () => {
    probe.close();
    return unreachable(name, host, `no answer within ${connectTimeout} s`, byHand);
  });
  if (status !== 0) {
    const text = said.lastText.trim() || (reason ?? `the command ended with ${status}`);
    throw unreachable(name, host, text, byHand);
  }

  const running = new Set<RemoteProcess>();
  const start = async (script: string, end: "process" | "group"): Promise<RemoteProcess> => {
    const started = startChild(command(script), end);
    running.add(started);
    void started.closed.then(() => running.delete(started));
    return started;
  };
  return {
    spawn: (script) => start(script, "process"),
    dial: (address, port, timeout) => dialByShell((script) => start(script, "group"), address, port, timeout),
    async close() {
      for (const process of running) process.close();
    },
  };
}
