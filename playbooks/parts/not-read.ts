/** Replicas that application servers do not read from for a while. */
import type { HostInfo, InventoryView } from "showrunner";
import { members, primary } from "./hosts.ts";

/** Replicas that are not read from, each with the reason. */
export type NotRead = ReadonlyMap<string, string>;

/** What an application server's list says: a replica and the reason on each line. */
export function notReadIn(list: string | undefined): NotRead {
  const lines = (list ?? "").split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [replica = "", reason = ""] = line.split(" ");
      return [replica, reason];
    }),
  );
}

/** The first replica that is in service; without one the primary answers the reads, too. */
export function answering(inventory: InventoryView, notRead: NotRead): HostInfo {
  return members(inventory, "db_replica").find(({ name }) => !notRead.has(name)) ?? primary(inventory);
}
