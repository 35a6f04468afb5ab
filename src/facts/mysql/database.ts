import { defineMysqlFact } from "./fact.ts";
import type { ServerKey } from "./login.ts";
import { sql } from "./sql.ts";

/** A database's defaults for new tables. */
interface Database {
  readonly encoding: string;
  readonly collation: string;
}

/** A database; undefined where there is none. */
export const mysqlDatabase = defineMysqlFact<
  { readonly server: ServerKey; readonly name: string },
  Database | undefined
>({
  name: "mysql.database",
  mayArrive: (_, value) => value === undefined,
  // SCHEMATA's own comparison ignores case, file systems do not, unless the server keeps all names in small letters
  sql: ({ name }) =>
    sql`SELECT DEFAULT_CHARACTER_SET_NAME AS encoding, DEFAULT_COLLATION_NAME AS collation
      FROM information_schema.SCHEMATA WHERE IF(@@lower_case_table_names = 0,
        BINARY SCHEMA_NAME = ${name}, BINARY LOWER(SCHEMA_NAME) = LOWER(${name}))`,
  value: ([result]) => {
    const [row] = result ?? [];
    return row && { encoding: row["encoding"] ?? "", collation: row["collation"] ?? "" };
  },
  unreachable: () => undefined,
});

/** The collation that a server gives to a character set by itself; undefined if it does not know the set. */
export const mysqlDefaultCollation = defineMysqlFact<
  { readonly server: ServerKey; readonly encoding: string },
  string | undefined
>({
  name: "mysql.default-collation",
  mayArrive: (_, value) => value === undefined,
  sql: ({ encoding }) =>
    sql`SELECT DEFAULT_COLLATE_NAME AS collation FROM information_schema.CHARACTER_SETS
      WHERE CHARACTER_SET_NAME = ${encoding}`,
  value: ([result]) => result?.[0]?.["collation"] ?? undefined,
  unreachable: () => undefined,
});
