import { defineMysqlFact } from "./fact.ts";
import type { ServerKey } from "./login.ts";
import { sql } from "./sql.ts";

/** MariaDB and MySQL differ in accounts, GTIDs and replication. */
export type Flavour = "mariadb" | "mysql";

/** Whether a server answers, and what it is. */
export type Server =
  | { readonly running: true; readonly flavour: Flavour /** `10.11.19` */; readonly version: string }
  | { readonly running: false; readonly problem: string };

/** A server's state. */
export const mysqlServer = defineMysqlFact<{ readonly server: ServerKey }, Server>({
  name: "mysql.server",
  mayArrive: (_, server) => !server.running,
  sql: () => sql`SELECT @@version AS version, @@version_comment AS comment`,
  value: ([result]) => {
    const { version = "", comment = "" } = result?.[0] ?? {};
    return {
      running: true,
      flavour: /mariadb/i.test(`${version} ${comment}`) ? "mariadb" : "mysql",
      version: /^[\d.]+/.exec(version ?? "")?.[0] ?? "",
    };
  },
  unreachable: (problem) => ({ running: false, problem }),
});
