/** The hosts of a topology, and what their servers say of themselves before anything is changed. */
import { type HostInfo, type InventoryView, mysqlInfo, on } from "showrunner";
import type { Node } from "./topology.ts";

/** How the hosts of a topology are found. */
interface Whereabouts {
  /** A host pattern; undefined: by the addresses below. */
  readonly nodes: string | undefined;
  /** The hosts that replicas connect from, as in an account. */
  readonly replicas: readonly string[];
  /** The primary's name or address. */
  readonly primary: string | undefined;
}

/** The host itself and every other one of its topology. */
export function topologyOf(
  host: HostInfo,
  inventory: InventoryView,
  where: Whereabouts,
): readonly HostInfo[] {
  const all = inventory.select("all");
  const chosen =
    where.nodes === undefined
      ? all.filter(
          (one) =>
            [one.name, one.address].includes(where.primary ?? "") ||
            where.replicas.some((pattern) => !isAnywhere(pattern) && admits(pattern, one)),
        )
      : inventory.select(where.nodes);
  return [host, ...chosen.filter(({ name }) => name !== host.name)];
}

/** Whether an account's host admits everybody. */
export function isAnywhere(pattern: string): boolean {
  return /^%+$/.test(pattern);
}

/** Whether an account's host lets a host of the inventory in, as the server compares them. */
export function admits(pattern: string, { name, address }: { name: string; address: string }): boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  const compared = new RegExp(`^${source}$`, "i");
  return compared.test(address) || compared.test(name);
}

/**
 * Asks all hosts at the same time.
 *
 * @returns undefined where a plan can't tell yet what the first host, on which this runs, has
 */
export async function lookAround(hosts: readonly HostInfo[]): Promise<readonly Node[] | undefined> {
  const [self, ...others] = hosts;
  if (!self) return undefined;
  const asking = Promise.all(others.map(ask));
  try {
    const own = await mysqlInfo({ engine: "mariadb" });
    if (own.status === "unknown") return undefined;
    const { name, address } = self;
    return [{ name, address, info: own.value }, ...(await asking).filter((node) => node !== undefined)];
  } finally {
    await asking;
  }
}

/** Asks one host; undefined where a plan can't tell yet. */
async function ask({ name, address }: HostInfo): Promise<Node | undefined> {
  try {
    const result = await on(name, () => mysqlInfo({}));
    return result.status === "unknown" ? undefined : { name, address, info: result.value };
  } catch (error) {
    return {
      name,
      address,
      info: undefined,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}
