/** A host through the system's OpenSSH: for certificates, FIDO keys, and all that its configuration can do. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { ShowrunnerError } from "../core/base/errors.ts";
import { quote } from "../core/base/script.ts";
import { askpassEnvironment } from "./askpass.ts";
import { Bastions } from "./bastions.ts";
import { endGroup } from "./child-process.ts";
import { atHop, routeName } from "./jump.ts";
import { missingKey } from "./missing-key.ts";
import { OpenSshConnection } from "./openssh-connection.ts";
import { connectOptions } from "./openssh-options.ts";
import { type ConnectionSettings, defaultConnectTimeout } from "./settings.ts";
import { explainFailure } from "./ssh-errors.ts";
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
  const target = await completeForOpenSsh(settings);
  const hops = await Promise.all((target.jump ?? []).map(ownWay));
  // ssh would make a connection of its own to the ProxyJump of a configuration, for each host behind it
  return reach({ ...target, jump: settings.jump }, hops, signal);
}

/** A jump host whose own jump hosts are left to ssh, where its settings name none. */
async function ownWay(hop: ConnectionSettings): Promise<ConnectionSettings> {
  return { ...(await completeForOpenSsh(hop)), jump: hop.jump };
}

function reach(
  target: ConnectionSettings,
  hops: readonly ConnectionSettings[],
  signal: AbortSignal | undefined,
): Promise<OpenSshConnection> {
  const last = hops.at(-1);
  if (last === undefined) return establish(target, signal);
  return bastions.through(
    routeName(hops),
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
  settings: ConnectionSettings,
  signal: AbortSignal | undefined,
  via?: Via,
): Promise<OpenSshConnection> {
  signal?.throwIfAborted();
  const { identityFile, address, connectTimeout = defaultConnectTimeout } = settings;
  if (identityFile !== undefined && !existsSync(identityFile)) throw missingKey(identityFile);
  const folder = mkdtempSync(join(tmpdir(), "sr-"));
  const control = join(folder, "c");
  const token = `SR${randomBytes(8).toString("hex")}`;
  const proxy =
    via && ["ssh", ...via.connection.clientOptions, "-W", "[%h]:%p", "--", "jump"].map((word) => quote(word));
  // the master ends with its own command, and that with our end of its standard input: also when we are killed
  const master = spawn(
    "ssh",
    [
      ...configOptions(),
      ...["-T", "-M", "-S", control, "-o", "ControlPersist=no"],
      ...connectOptions(settings, proxy?.join(" ")),
      ...["--", address, `echo ${token}; exec cat >/dev/null`],
    ],
    { detached: true, stdio: "pipe", env: askpassEnvironment(settings, folder) },
  );
  const abort = () => endGroup(master);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const late = () => new Error("Timed out");
    await withTimeLimit(ready(master, token), connectTimeout * 1000, late);
  } catch (error) {
    abort();
    rmSync(folder, { recursive: true, force: true });
    throw explain(error, settings, via);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  return new OpenSshConnection(master, folder, control, settings.forwardAgent ?? false);
}

/** Resolves when the master has logged in; rejects with what ssh said. */
function ready(master: ChildProcessWithoutNullStreams, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = "";
    let said = "";
    master.stdout.on("data", (chunk: Buffer) => {
      heard = (heard + chunk.toString()).slice(-4096);
      if (heard.includes(token)) resolve();
    });
    master.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-16_384);
    });
    master.stdin.on("error", () => undefined); // its end is told by its exit
    master.once("error", reject);
    master.once("close", () => reject(new Error(said.trim() || "ssh ended without a word")));
  });
}

function explain(error: unknown, settings: ConnectionSettings, via: Via | undefined): ShowrunnerError {
  const said = error instanceof Error ? error.message : String(error);
  const { address, port = 22, user = userInfo().username } = settings;
  const details = said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-8);
  if (error instanceof Error && "code" in error && error.code === "ENOENT")
    return new ShowrunnerError("host.unreachable", "there is no ssh on this machine", {
      hint: 'install OpenSSH\'s client, or use transport: "ssh"',
    });
  if (/host key verification failed|IDENTIFICATION HAS CHANGED/i.test(said))
    return new ShowrunnerError("host.key", `${address}:${port} did not show the key that it is known by`, {
      details,
      hint: "compare its fingerprint at the host's console, and correct your known_hosts only if you are sure",
    });
  const refusal = via && /forwarding request failed/i.test(said) ? via.connection.refusal : undefined;
  const { code, message, hint } = explainFailure(new Error(refusal ?? said), { address, port, user });
  const where = via ? `from the jump host ${via.name}: ` : "";
  return new ShowrunnerError(code, `${where}${message}`, { hint, details, cause: error });
}
