/** A host over SSH: node-ssh makes the connection, the ssh2 channels beneath it carry the rest. */
import type { Duplex } from "node:stream";
import { NodeSSH } from "node-ssh";
import { ShowrunnerError } from "../base/errors.ts";
import { agentSocket, agentToForward, silentAgent } from "./agent.ts";
import { Bastions } from "./bastions.ts";
import { type HostKeyCheck, hostKeyCheck } from "./host-key.ts";
import { atHop, dialThrough, routeName } from "./jump.ts";
import { RoomyConnection } from "./no-room.ts";
import { type ConnectionSettings, defaultConnectTimeout, type ResolvedSettings } from "./settings.ts";
import { authentications } from "./ssh-auth.ts";
import { SshConnection } from "./ssh-connection.ts";
import { explainFailure } from "./ssh-errors.ts";
import { listenTo } from "./ssh-hearing.ts";
import type { Connection } from "./transport.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { resolveSettings } from "./user-config.ts";

const serverKeyTypes = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const;

/** Connections to jump hosts, each shared by all the hosts behind it. */
const bastions = new Bastions<SshConnection>();

/**
 * Connects to a host, through its jump hosts if it has any, and proves who each of them is.
 *
 * @throws ShowrunnerError `host.unreachable`, `host.key` or `host.auth`
 */
export async function connectSsh(settings: ConnectionSettings, signal?: AbortSignal): Promise<Connection> {
  const target = await resolveSettings(settings, signal);
  const connect = () => reach(target, target.jump, signal);
  return new RoomyConnection(await connect(), connect);
}

async function reach(
  target: ResolvedSettings,
  hops: readonly ResolvedSettings[],
  signal: AbortSignal | undefined,
): Promise<SshConnection> {
  const last = hops.at(-1);
  if (last === undefined) return establish(target, signal);
  return bastions.through(
    await routeName(hops, signal),
    (unwanted) => atHop(last, reach(last, hops.slice(0, -1), unwanted)),
    async (bastion) => {
      const dialled = dialThrough(bastion, last, target);
      return establish(target, signal, await unlessAborted(dialled, signal, (late) => late.destroy()));
    },
    signal,
  );
}

/**
 * @param signal ends what still connects
 * @param sock a byte stream to the host; without one a connection is made from here
 */
async function establish(
  settings: ResolvedSettings,
  signal: AbortSignal | undefined,
  sock?: Duplex,
): Promise<SshConnection> {
  const ssh = new NodeSSH();
  let keyCheck: HostKeyCheck | undefined;
  let said: () => readonly string[] = () => [];
  const tried: string[] = [];
  const abort = () => ssh.connection?.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const check = hostKeyCheck(settings);
    keyCheck = check;
    const offers = await authentications(settings, signal);
    signal?.throwIfAborted();
    const connecting = ssh.connect({
      host: settings.address,
      port: settings.port,
      ...(sock === undefined ? {} : { sock }),
      username: settings.user,
      readyTimeout: (settings.connectTimeout ?? defaultConnectTimeout) * 1000,
      keepaliveInterval: 15_000,
      keepaliveCountMax: 4,
      hostVerifier: (key: Buffer) => check.verify(key),
      algorithms: { serverHostKey: orderedKeyTypes(check) },
      authHandler: () => {
        const offer = offers[tried.length];
        if (offer === undefined) return false;
        tried.push(offer.name);
        return offer.authentication;
      },
      ...forwarding(settings),
    });
    if (ssh.connection) said = listenTo(ssh.connection);
    await connecting;
  } catch (error) {
    ssh.dispose();
    sock?.destroy();
    if (keyCheck?.refusal) throw keyCheck.refusal;
    const untried = settings.identityFile === undefined ? await silentAgent(agentSocket()) : [];
    throw explainFailure(error, settings, { said: said(), tried, untried });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  const client = ssh.connection;
  if (!client) throw new ShowrunnerError("host.lost", "the connection ended as soon as it was made");
  client.setNoDelay(true);
  return new SshConnection(client, settings.user, settings.forwardAgent === true);
}

/** The host's key types, those already known to us first. */
function orderedKeyTypes({ preferred }: HostKeyCheck): (typeof serverKeyTypes)[number][] {
  const isKnown = (type: string) => preferred.includes(type.startsWith("rsa-") ? "ssh-rsa" : type);
  return [...serverKeyTypes].sort((a, b) => Number(isKnown(b)) - Number(isKnown(a)));
}

/** The agent that processes on the host may use. */
function forwarding({ forwardAgent = false }: ConnectionSettings): { agent?: string } {
  return forwardAgent ? { agent: agentToForward(agentSocket()) } : {};
}
