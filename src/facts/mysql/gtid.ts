/** MariaDB's global transaction ids: `domain-server-sequence`. */

export interface Gtid {
  readonly domain: number;
  readonly server: number;
  readonly sequence: bigint;
}

/** Reads a list such as `0-1-270,1-7-15`; empty text is an empty list. */
export function parseGtids(text: string): Gtid[] {
  return text.split(",").flatMap((one) => {
    const [whole, domain, server, sequence = "0"] = /(\d{1,10})-(\d{1,10})-(\d{1,20})/.exec(one) ?? [];
    if (whole === undefined) return [];
    return [{ domain: Number(domain), server: Number(server), sequence: BigInt(sequence) }];
  });
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
  const last = latest(theirs, ({ domain, server }) => `${domain}-${server}`);
  return mine.filter(({ domain, server, sequence }) => (last.get(`${domain}-${server}`) ?? -1n) < sequence);
}

/**
 * What a replica would miss: the domains whose oldest kept position lies beyond the replica's.
 *
 * @param position where the replica stands, one a domain
 * @param oldest where the primary's oldest binlog begins
 */
export function purgedGtids(position: readonly Gtid[], oldest: readonly Gtid[]): Gtid[] {
  const last = latest(position, ({ domain }) => String(domain));
  return oldest.filter(({ domain, sequence }) => (last.get(String(domain)) ?? -1n) < sequence);
}

/** The highest sequence of each kind. */
function latest(gtids: readonly Gtid[], kind: (gtid: Gtid) => string): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>();
  for (const gtid of gtids) {
    const before = found.get(kind(gtid)) ?? -1n;
    if (gtid.sequence > before) found.set(kind(gtid), gtid.sequence);
  }
  return found;
}
