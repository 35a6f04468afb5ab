/** A host through the system's OpenSSH: for certificates, FIDO keys, and all that its configuration can do. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { quote } from "../base/script.ts";
import { agentToForward } from "./agent.ts";
import { askpassEnvironment } from "./askpass.ts";
import { Bastions } from "./bastions.ts";
import { endGroup } from "./child-process.ts";
import { controlFolder } from "./control-folder.ts";
import { atHop, routeName } from "./jump.ts";
import { missingKey } from "./missing-key.ts";
import { OpenSshConnection } from "./openssh-connection.ts";
import { explainOpenSsh } from "./openssh-errors.ts";
import { connectOptions } from "./openssh-options.ts";
import { type ConnectionSettings, defaultConnectTimeout, type OpenSshSettings } from "./settings.ts";
import { newToken, plainShell, tokenWord } from "./start.ts";
import { withTimeLimit } from "./time-limit.ts";
import type { Connection } from "./transport.ts";
import { completeForOpenSsh, configOptions } from "./user-config.ts";

const bastions = new Bastions<OpenSshConnection>();

/**
 * Connects to a host with the system's ssh. The connection is a master process (ControlMaster), which ends with this
 * one.
 *
 * @throws ShowrunnerError `host.unreachable`, `host.key` or `host.auth`
 */
export async function connectOpenSsh(
  settings: ConnectionSettings,
  signal?: AbortSignal,
): Promise<Connection> {
  const target = await completeForOpenSsh(settings, signal);
  const hops = await Promise.all((target.jump ?? []).map((hop) => ownWay(hop, signal)));
  // for each host behind the ProxyJump of a configuration, ssh would make a connection of its own to the jump host
  return reach({ ...target, jump: settings.jump }, hops, signal);
}

/** A jump host whose own jump hosts are left to ssh, where its settings name none. */
async function ownWay(hop: ConnectionSettings, signal: AbortSignal | undefined): Promise<OpenSshSettings> {
  return { ...(await completeForOpenSsh(hop, signal)), jump: hop.jump };
}

async function reach(
  target: OpenSshSettings,
  hops: readonly OpenSshSettings[],
  signal: AbortSignal | undefined,
): Promise<OpenSshConnection> {
  const last = hops.at(-1);
  if (last === undefined) return establish(target, signal);
  return bastions.through(
    await routeName(hops, signal),
    (unwanted) => atHop(last, reach(last, hops.slice(0, -1), unwanted)),
    (bastion) => establish(target, signal, { name: last.name, connection: bastion }),
    signal,
  );
}

interface Via {
  readonly name: string;
  readonly connection: OpenSshConnection;
}

/** @param signal ends what still connects */
async function establish(
  settings: OpenSshSettings,
  signal: AbortSignal | undefined,
  via?: Via,
): Promise<OpenSshConnection> {
  signal?.throwIfAborted();
  const { identityFile, address, connectTimeout = defaultConnectTimeout } = settings;
  if (identityFile !== undefined && !existsSync(identityFile)) throw missingKey(identityFile);
  if (settings.forwardAgent) agentToForward(settings.agent);
  const folder = controlFolder();
  const control = join(folder, "c");
  const token = newToken();
  const proxy =
    via && ["ssh", ...via.connection.clientOptions, "-W", "[%h]:%p", "--", "jump"].map((word) => quote(word));
  // the master ends with its own command, and that with our end of its standard input: also when we are killed;
  // which key the host has shown is in its debug messages only
  const master = spawn(
    "ssh",
    [
      ...configOptions(),
      ...["-v", "-T", "-M", "-S", control, "-o", "ControlPersist=no"],
      ...connectOptions(settings, proxy?.join(" ")),
      ...["--", address, plainShell],
    ],
    { detached: true, stdio: "pipe", env: askpassEnvironment(settings, folder) },
  );
  master.stdin.on("error", () => undefined); // its exit reports its end
  master.stdin.write(`echo ${tokenWord(token)}; exec cat >/dev/null\n`);
  const abort = () => endGroup(master);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const { loggedIn, words } = ready(master, token);
    const late = () => new Error(`${words()}\nTimed out`);
    await withTimeLimit(loggedIn, connectTimeout * 1000, late);
  } catch (error) {
    abort();
    rmSync(folder, { recursive: true, force: true });
    throw await explainOpenSsh(error, settings, via && { name: via.name, refusal: via.connection.refusal });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  return new OpenSshConnection(
    master,
    folder,
    control,
    settings.reached.user,
    settings.forwardAgent ?? false,
  );
}

/** Resolves when the master has logged in; rejects with what was said. */
function ready(
  master: ChildProcessWithoutNullStreams,
  token: string,
): { readonly loggedIn: Promise<void>; words(): string } {
  let heard = ""; // of login files, or of what runs instead of a shell
  let said = "";
  const words = () => `${said.trim()}\n${heard.trim()}`.trim();
  const loggedIn = new Promise<void>((resolve, reject) => {
    master.stdout.on("data", (chunk: Buffer) => {
      heard = (heard + chunk.toString()).slice(-4096);
      if (heard.includes(token)) resolve();
    });
    master.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-16_384);
    });
    master.once("error", reject);
    master.once("close", () => reject(new Error(words() || "ssh ended without a message")));
  });
  return { loggedIn, words };
}
