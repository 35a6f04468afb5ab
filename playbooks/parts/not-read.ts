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

/**
 * The replica that an application server reads from: those in service share the servers among them. Without one the
 * primary answers the reads, too.
 */
export function answering(server: HostInfo, inventory: InventoryView, notRead: NotRead): HostInfo {
  const replicas = members(inventory, "db_replica").filter(({ name }) => !notRead.has(name));
  const place = members(inventory, "app").findIndex(({ name }) => name === server.name);
  return replicas[place % replicas.length] ?? primary(inventory);
}
