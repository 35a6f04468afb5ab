/** The arithmetic of rolling through hosts: their order, the sizes of batches, and when too many have failed. */

/** A number of hosts, or a share of the play's hosts: `2`, `"2"`, `"25%"`. */
export type BatchSize = number | `${number}` | `${number}%`;

export const hostOrders = ["inventory", "reverseInventory", "sorted", "reverseSorted", "shuffle"] as const;

/** In which order hosts are taken. */
export type HostOrder = (typeof hostOrders)[number];

/**
 * How many hosts a batch has. A share is rounded down, but is never less than one host (as in Ansible's
 * `pct_to_int`).
 *
 * @param total the number of the play's hosts
 * @returns undefined for what is no size: a fraction, zero, a share above 100 %
 *
 * @example
 * batchSize("30%", 10); // 3
 */
export function batchSize(size: number | string, total: number): number | undefined {
  const [, digits] = /^(\d+(?:\.\d+)?)%$/.exec(String(size)) ?? [];
  if (digits === undefined)
    return Number.isInteger(Number(size)) && Number(size) > 0 ? Number(size) : undefined;
  const percent = Number(digits);
  if (percent <= 0 || percent > 100) return undefined;
  return Math.max(1, Math.floor((percent * total) / 100));
}

/**
 * Cuts hosts into batches; the last size repeats until there are no more hosts.
 *
 * @param sizes valid sizes; none: one batch with all hosts
 *
 * @example
 * inBatches(["a", "b", "c", "d"], [1, "50%"]); // [["a"], ["b", "c"], ["d"]]
 */
export function inBatches<T>(hosts: readonly T[], sizes: readonly BatchSize[]): T[][] {
  const batches: T[][] = [];
  for (let begin = 0, next = 0; begin < hosts.length; next++) {
    const size = sizes[Math.min(next, sizes.length - 1)];
    const length = (size === undefined ? undefined : batchSize(size, hosts.length)) ?? hosts.length;
    batches.push(hosts.slice(begin, begin + length));
    begin += length;
  }
  return batches;
}

/**
 * Hosts in the wanted order. Names are compared by code points, as Ansible does, so that the order is the same
 * whatever the language of the control machine is.
 *
 * @param random numbers from 0 to below 1, for shuffling
 */
export function inOrder<T extends { readonly name: string }>(
  hosts: readonly T[],
  order: HostOrder,
  random: () => number = Math.random,
): T[] {
  const byName = () => [...hosts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  switch (order) {
    case "inventory":
      return [...hosts];
    case "reverseInventory":
      return [...hosts].reverse();
    case "sorted":
      return byName();
    case "reverseSorted":
      return byName().reverse();
    case "shuffle":
      return shuffled(hosts, random);
  }
}

/** Fisher and Yates's shuffle: every order is equally likely. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const rest = [...items];
  const taken: T[] = [];
  while (rest.length > 0) taken.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return taken;
}

/** What a play puts up with in a batch. */
export interface Tolerance {
  /** The share of a batch's hosts that may fail, in percent. */
  readonly maxFailPercentage?: number | undefined;
  /** Whether one failed host is too many. */
  readonly anyErrorsFatal?: boolean | undefined;
}

/**
 * Whether so many of a batch's hosts have failed that the run must stop. The percentage must be exceeded, not
 * equalled, as in Ansible. A batch of which no host is left stops the run, unless 100 % is allowed: where Ansible
 * stops even then.
 *
 * @param failed hosts of the batch that failed, were unreachable or timed out
 * @param size hosts that the batch began with
 */
export function tooManyFailed(
  failed: number,
  size: number,
  { maxFailPercentage, anyErrorsFatal = false }: Tolerance,
): boolean {
  if (failed === 0) return false;
  if (anyErrorsFatal) return true;
  if (maxFailPercentage === undefined) return failed === size;
  return failed * 100 > maxFailPercentage * size;
}
