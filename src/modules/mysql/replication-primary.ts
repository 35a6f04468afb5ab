/** A replica's primary, as the replication account sees it from the replica's host. */
import { type ServerKey, serverKey, type Tls } from "../../facts/mysql/login.ts";
import type { Replica } from "../../facts/mysql/replica.ts";
import { mysqlSource, type Source } from "../../facts/mysql/source.ts";
import type { PlanHost, Secret } from "../../kit/index.ts";
import type { WantedReplica } from "./replication-states.ts";

/** The primary as it shows itself to the replication account. */
interface SeenPrimary {
  /** Undefined if it can't be asked yet. */
  readonly source: (Source & { reached: true }) | undefined;
  /** Whether it lets the account in only over TLS. */
  readonly tlsOnly: boolean;
  /** The login by which it was asked. */
  readonly key: ServerKey;
}

/** TLS without a certificate to verify. */
export const unverified: Tls = { verify: false };

export function primaryKey(
  { host, port, user }: WantedReplica,
  password: string | Secret,
  ssl: Tls | undefined,
): ServerKey {
  const login = { host, port, user, password };
  return serverKey(ssl ? { ...login, ssl } : login);
}

/** Looks at the primary with the replication account, from this host. */
export async function askPrimary(
  host: PlanHost,
  want: WantedReplica,
  password: string | Secret,
): Promise<SeenPrimary> {
  const { host: address, port, user, tls } = want;
  const key = primaryKey(want, password, tls);
  const overTls = primaryKey(want, password, unverified);
  const ask = (server: ServerKey): Promise<Source> => host.fact(mysqlSource, { server });
  const [source, encrypted] = await Promise.all([ask(key), tls ? undefined : ask(overTls)]);
  if (source.reached) return { source, tlsOnly: false, key };
  if (encrypted?.reached) return { source: encrypted, tlsOnly: true, key: overTls };
  host.require(
    false,
    isAway(source.problem)
      ? `the primary ${address}:${port} can't be reached from here: ${source.problem}`
      : `the primary ${address}:${port} does not let ${user} in from here: ${source.problem}`,
    hintFor(source.problem),
  );
  return { source: undefined, tlsOnly: false, key };
}

/** Nothing answers at that address: 2002 and 2003 for no connection, 2005 for a name that is not known. */
function isAway(problem: string): boolean {
  return /ERROR (2002|2003|2005)\b/.test(problem);
}

function hintFor(problem: string): string {
  if (/ERROR (1045|1130|1698|4151)/.test(problem))
    return "does the account exist on the primary, for this host's address and with this password?";
  if (problem.includes("ERROR 2026"))
    return "does the primary's server have a certificate (ssl_cert, ssl_key), and does the ca that ssl names vouch for it under that name?";
  return "is the primary started, does it listen on that address (bind-address), and is no firewall in between?";
}

/** If TLS is wanted but not verified, and the primary offers none, a MariaDB replica would replicate unencrypted. */
export function requireTls(
  host: PlanHost,
  { host: address, port, user }: WantedReplica,
  { tls }: Replica,
  { source, tlsOnly }: SeenPrimary,
): void {
  if (source && tls.enabled && !source.tls)
    host.require(
      false,
      `the primary ${address}:${port} offers no TLS`,
      "give its server a certificate (ssl_cert, ssl_key), or leave ssl out",
    );
  if (tlsOnly && !tls.enabled)
    host.require(
      false,
      `the primary ${address}:${port} lets ${user} in only over TLS, and this replica is not to use TLS`,
      "give ssl, or let the account log in without TLS",
    );
}
