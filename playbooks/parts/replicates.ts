/** Whether a replica does its work: before it does, nobody is to read from it. */
import { command, type HostInfo, type InventoryView, mysqlInfo, on } from "showrunner";
import { primary } from "./hosts.ts";

/** Waits until the current host replicates: it asks a primary that was away again after a minute. */
export function replicates() {
  return mysqlInfo(
    {},
    {
      name: "replicates",
      retries: 90,
      delay: "1s",
      until: ({ value }) => value.replicatesFrom?.running === true,
    },
  );
}

/**
 * Waits until a replica replicates, and has all that the primary had written when this began.
 *
 * @throws ShowrunnerError `task.failed` where it does not replicate, or has not caught up after ten minutes
 */
export async function caughtUp(replica: HostInfo, inventory: InventoryView): Promise<void> {
  await on(replica, replicates);
  const asked = await on(primary(inventory), () =>
    query("SELECT @@global.gtid_binlog_pos", { name: "what is written" }),
  );
  // a check may not know it yet
  if (asked.status === "unknown") return;
  const position = positionIn(asked.value.stdout);
  await on(replica, () =>
    query(`SELECT MASTER_GTID_WAIT('${position}', 0)`, {
      name: "has caught up",
      retries: 600,
      delay: "1s",
      until: ({ value }) => value.stdout.trim() === "0",
    }),
  );
}

/**
 * A position as a server prints it.
 *
 * @throws Error where it is anything else: it becomes a part of a statement on another host
 */
export function positionIn(printed: string): string {
  const position = printed.trim();
  if (!/^(\d+-\d+-\d+(,(?=\d)|$))*$/.test(position))
    throw new Error("the primary told no position in its binlog: is it a MariaDB server with a binlog?");
  return position;
}

function query(sql: string, options: Parameters<typeof command>[1]) {
  const argv = ["mariadb", "--batch", "--skip-column-names", "-e", sql];
  return command({ argv, readOnly: true }, options);
}
