import { markOf } from "../../kit/own.ts";
import { defineMysqlFact } from "./fact.ts";
import { type Privileges, parseGrants } from "./grants.ts";
import type { ServerKey } from "./login.ts";
import { join, sql } from "./sql.ts";

/** One way in which an account may prove itself. */
export interface Authentication {
  /** `mysql_native_password`, `unix_socket`, … */
  readonly plugin: string;
  /** Tells the stored hash (as `markOf` marks it) without showing it; empty where there is none. */
  readonly hashId: string;
}

export interface Account {
  /** Any one of them lets it in. */
  readonly authentication: readonly Authentication[];
  /** What a connection must bring: nothing, encryption, a valid certificate, or a certain one. */
  readonly tls: "none" | "ssl" | "x509" | "specified";
  readonly privileges: Privileges;
}

/** An account by user and host; undefined where there is none. */
export const mysqlAccount = defineMysqlFact<
  { readonly server: ServerKey; readonly user: string; readonly host: string },
  Account | undefined
>({
  name: "mysql.account",
  mayArrive: (_, value) => value === undefined,
  // SHOW GRANTS fails for an account that does not exist, so it is only run for one that does.
  // `/*M! */` runs on MariaDB only: MySQL has no such table.
  sql: ({ user, host }) =>
    join(
      [
        sql`/*M! SELECT Priv AS account FROM mysql.global_priv WHERE User = ${user} AND Host = ${host} */`,
        sql`SET @showrunner = IF(EXISTS(SELECT 1 FROM mysql.user WHERE User = ${user} AND Host = ${host}),
          CONCAT('SHOW GRANTS FOR ', QUOTE(${user}), '@', QUOTE(${host})), 'DO 0')`,
        sql`PREPARE showrunner FROM @showrunner`,
        sql`EXECUTE showrunner`,
        sql`DEALLOCATE PREPARE showrunner`,
      ],
      ";\n",
    ),
  value: ([found, grants]) => {
    const account = found?.[0]?.["account"];
    if (typeof account !== "string") return undefined;
    const lines = (grants ?? []).flatMap((row) => Object.values(row).map((line) => line ?? ""));
    return { ...parseMariadbAccount(account), privileges: parseGrants(lines) };
  },
  unreachable: () => undefined,
});

/** @param json `mysql.global_priv.Priv`: what MariaDB keeps of an account */
export function parseMariadbAccount(json: string): Pick<Account, "authentication" | "tls"> {
  const account: unknown = JSON.parse(json);
  if (!isRecord(account)) throw new TypeError("mysql.global_priv: expected an object");
  const { auth_or: alternatives } = account;
  // an empty alternative stands for the account's own method
  const methods = Array.isArray(alternatives)
    ? alternatives.map((one: unknown) => (isRecord(one) && "plugin" in one ? one : account))
    : [account];
  return {
    authentication: methods.map((method) => ({
      plugin: String(method["plugin"] ?? "mysql_native_password"),
      hashId: method["authentication_string"] ? markOf(String(method["authentication_string"])) : "",
    })),
    tls: tlsKinds[Number(account["ssl_type"] ?? 0)] ?? "specified",
  };
}

/** MariaDB's `enum SSL_type`, in its order. */
const tlsKinds = ["none", "ssl", "x509", "specified"] as const;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
