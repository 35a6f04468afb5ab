/** MariaDB's global transaction ids: `domain-server-sequence`. */

export interface Gtid {
  readonly domain: number;
  readonly server: number;
  readonly sequence: bigint;
}

/** Reads a list such as `0-1-270,1-7-15`; empty text is an empty list. */
export function parseGtids(text: string): Gtid[] {
  return [...text.matchAll(/(\d+)-(\d+)-(\d+)/g)].map(([, domain, server, sequence]) => ({
    domain: Number(domain),
    server: Number(server),
    sequence: BigInt(sequence ?? 0),
  }));
}

export function formatGtids(gtids: readonly Gtid[]): string {
  return gtids.map(({ domain, server, sequence }) => `${domain}-${server}-${sequence}`).join(",");
}

/**
 * What one server has written or applied and another has not.
 *
 * @param mine the last of every domain and server that one has seen
 * @param theirs the same of the other (its `gtid_binlog_state`)
 */
export function errantGtids(mine: readonly Gtid[], theirs: readonly Gtid[]): Gtid[] {
  return mine.filter(
    ({ domain, server, sequence }) =>
      !theirs.some((one) => one.domain === domain && one.server === server && one.sequence >= sequence),
  );
}

/**
 * What a replica would miss: the domains whose oldest kept position lies beyond the replica's.
 *
 * @param position where the replica stands, one a domain
 * @param oldest where the primary's oldest binlog begins
 */
export function purgedGtids(position: readonly Gtid[], oldest: readonly Gtid[]): Gtid[] {
  return oldest.filter(
    ({ domain, sequence }) => !position.some((one) => one.domain === domain && one.sequence >= sequence),
  );
}
