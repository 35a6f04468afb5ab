/** Jump hosts: how they are written, and what goes wrong at them. */
import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { reveal } from "../base/secret.ts";
import { fetchSecrets } from "../secrets/fetch.ts";
import { withDialLimit } from "./dial-limit.ts";
import { type ConnectionSettings, defaultConnectTimeout, type ResolvedSettings } from "./settings.ts";
import { explainFailure } from "./ssh-errors.ts";
import type { Connection } from "./transport.ts";

/** One jump host as ProxyJump writes it. */
export interface Hop {
  readonly address: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
}

/** A jump host's address, in brackets or without, and its port. */
const hopPlace = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/;

/**
 * Reads OpenSSH's ProxyJump: `[user@]host[:port]`, `[user@][2001:db8::1]:port` or `ssh://[user@]host[:port]`,
 * separated by commas; `none` is no jump host. See ssh_config(5).
 */
export function parseJump(text: string): Hop[] {
  if (text.trim().toLowerCase() === "none") return [];
  return text.split(",").map((part) => {
    const whole = part.trim().replace(/^ssh:\/\//, "");
    const at = whole.lastIndexOf("@");
    const place = whole.slice(at + 1);
    const [, bracketed, plain = place, port] = hopPlace.exec(place) ?? [];
    return {
      address: bracketed ?? plain,
      port: port === undefined ? undefined : Number(port),
      user: at === -1 ? undefined : whole.slice(0, at),
    };
  });
}

/** Whether a text is one jump host, as `parseJump` reads it. */
export function isHop(text: string): boolean {
  const whole = text.trim().replace(/^ssh:\/\//, "");
  const at = whole.lastIndexOf("@");
  if (/^-|\s/.test(whole) || at === 0) return false;
  const place = whole.slice(at + 1);
  if (isIPv6(place)) return true;
  const [matched, bracketed, , port] = hopPlace.exec(place) ?? [];
  if (matched === undefined || (bracketed !== undefined && !isIPv6(bracketed.replace(/%.*$/, ""))))
    return false;
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}

/**
 * Identifies a route: all its jump hosts, with every setting that decides the address, the user and the authentication.
 * A digest, since passwords are part of it.
 *
 * @param signal ends what is being run for a password
 */
export async function routeName(hops: readonly ConnectionSettings[], signal?: AbortSignal): Promise<string> {
  await fetchSecrets(hops, signal);
  return createHash("sha256")
    .update(JSON.stringify(hops.map(deciding)))
    .digest("base64");
}

/** A hop's settings in one order, without its name and the time limits: hops of ProxyJump take these from the host. */
function deciding({ name, connectTimeout, password, passphrase, ...others }: ConnectionSettings) {
  const all = {
    ...others,
    password: password && reveal(password),
    passphrase: passphrase && reveal(passphrase),
  };
  return Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => one.localeCompare(other));
}

/** Names the jump host in the error, if connecting to it fails. */
export async function atHop<T>(hop: ConnectionSettings, connecting: Promise<T>): Promise<T> {
  try {
    return await connecting;
  } catch (error) {
    if (!(error instanceof ShowrunnerError)) throw error;
    const { code, message, hint, details } = error;
    throw new ShowrunnerError(code, `at the jump host ${hop.name}: ${message}`, {
      hint,
      details,
      cause: error,
    });
  }
}

/** A byte stream from a jump host to the next one, or to the target. */
export async function dialThrough(
  bastion: Connection,
  hop: ResolvedSettings,
  target: ResolvedSettings,
): Promise<Duplex> {
  const timeout = (target.connectTimeout ?? defaultConnectTimeout) * 1000;
  try {
    return await withDialLimit(bastion.dial(target.address, target.port, timeout), timeout);
  } catch (error) {
    throw explainDial(error, hop, target);
  }
}

function explainDial(error: unknown, hop: ResolvedSettings, target: ResolvedSettings): ShowrunnerError {
  const message = messageOf(error);
  if (/prohibited/i.test(message))
    return new ShowrunnerError("host.unreachable", `the jump host ${hop.name} forwards no connections`, {
      hint: "allow it in its sshd_config: AllowTcpForwarding, PermitOpen",
      cause: error,
    });
  const { code, message: said, hint } = explainFailure(error, target);
  return new ShowrunnerError(code, `from the jump host ${hop.name}: ${said}`, { hint, cause: error });
}
