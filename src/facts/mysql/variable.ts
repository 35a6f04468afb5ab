import { defineMysqlFact } from "./fact.ts";
import type { ServerKey } from "./login.ts";
import { sql } from "./sql.ts";

/** A global variable's value as the server shows it (`ON`, `134217728`); undefined where there is none. */
export const mysqlVariable = defineMysqlFact<
  { readonly server: ServerKey; readonly name: string },
  string | undefined
>({
  name: "mysql.variable",
  mayArrive: (_, value) => value === undefined,
  sql: ({ name }) => sql`SHOW GLOBAL VARIABLES WHERE Variable_name = ${name.toLowerCase()}`,
  value: ([result]) => result?.[0]?.["Value"] ?? undefined,
  unreachable: () => undefined,
});
