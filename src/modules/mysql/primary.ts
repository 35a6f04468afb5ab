import { runSql } from "../../facts/mysql/client.ts";
import { serverKey } from "../../facts/mysql/login.ts";
import { mysqlReplica } from "../../facts/mysql/replica.ts";
import { sql, statements } from "../../facts/mysql/sql.ts";
import { mysqlVariable } from "../../facts/mysql/variable.ts";
import {
  change,
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  type Plan,
  type RequiredInput,
} from "../../kit/index.ts";
import { checkLogin, loginParams } from "./login-param.ts";
import { reachable } from "./server-guard.ts";

/** What `mysqlPrimary` gives. */
export interface MysqlPrimaryValue {
  /** Whether only administrators can write. */
  readonly readOnly: false;
}

/** What `mysqlPrimary` takes. */
export interface MysqlPrimaryParams
  extends RequiredInput<typeof loginParams>,
    OptionalInput<typeof loginParams> {}

/**
 * Puts a primary in service. Its server starts read-only, as its configuration says; this task makes it writable. The
 * task refuses a server that replicates from another one, since otherwise there would be two servers to write to.
 *
 * @example
 * await mysqlPrimary({});
 */
export const mysqlPrimary: Module<MysqlPrimaryParams, MysqlPrimaryValue> = defineModule({
  name: "mysqlPrimary",
  summary: "Lets a primary that started read-only be written to; refuses a replica.",
  params: loginParams,
  examples: ["mysqlPrimary({})"],
  title: () => "writable",
  check: ({ login }) => checkLogin(login),
  async *plan(host, { login }): Plan<MysqlPrimaryValue> {
    const server = serverKey(login);
    const key = { server, name: "read_only" };
    const [, readOnly, replica] = await Promise.all([
      reachable(host, server, { flavours: ["mariadb"] }),
      host.fact(mysqlVariable, key),
      host.fact(mysqlReplica, { server }),
    ]);
    if (replica)
      fail(
        `this server replicates from ${replica.host}:${replica.port}, so it is no primary`,
        `to make it the primary, stop writes on the other server, then run mysqlReplication({ state: "absent" }) here: that waits until this server has applied everything`,
      );
    if (readOnly !== "OFF")
      yield change({
        what: "read_only",
        before: readOnly,
        after: "OFF",
        script: runSql(server, statements(sql`SET GLOBAL read_only = OFF`)),
        sets: [mysqlVariable.is(key, "OFF")],
      });
    return { readOnly: false };
  },
});
