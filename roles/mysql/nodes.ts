/** The hosts of a topology, and what their servers say of themselves before anything is changed. */
import { type HostInfo, type InventoryView, mysqlInfo, on } from "showrunner";
import type { Node } from "./topology.ts";

/** How the hosts of a topology are found. */
export interface Whereabouts {
  /** A host pattern; undefined: by the addresses below. */
  readonly nodes: string | undefined;
  /** From where replicas connect, as in an account. */
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
          ({ name, address }) =>
            [name, address].includes(where.primary ?? "") ||
            where.replicas.some((pattern) => matches(pattern, address) || matches(pattern, name)),
        )
      : inventory.select(where.nodes);
  return [host, ...chosen.filter(({ name }) => name !== host.name)];
}

/** As the server compares an account's host. `%` alone says nothing of who the replicas are. */
function matches(pattern: string, text: string): boolean {
  if (/^%+$/.test(pattern)) return false;
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  return new RegExp(`^${source}$`, "i").test(text);
}

/**
 * Asks all hosts at the same time.
 *
 * @returns undefined where a plan can't tell yet what the first of them, the host itself, has
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

/** Undefined where a plan can't tell yet. */
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
