/** What must hold of a server before a task can work on it. */

import type { ServerKey } from "../../facts/mysql/login.ts";
import { type Flavour, mysqlServer, type Server } from "../../facts/mysql/server.ts";
import { mysqlVariable } from "../../facts/mysql/variable.ts";
import { fail, type PlanHost } from "../../kit/index.ts";

interface ServerNeeds {
  /** The flavours that the module knows. Default: both. */
  readonly flavours?: readonly Flavour[];
}

/**
 * Requires that a server answers. In a check, a host whose server an earlier task would install is accepted.
 *
 * Ask for the module's own facts in the same tick: `const [server, now] = await Promise.all([reachable(…), host.fact(…)])`.
 */
export async function reachable(
  host: PlanHost,
  server: ServerKey,
  { flavours }: ServerNeeds = {},
): Promise<Server> {
  const now = await host.fact(mysqlServer, { server });
  if (!now.running) host.require(false, `the server does not answer: ${now.problem}`, hintFor(now.problem));
  else if (flavours && !flavours.includes(now.flavour))
    fail(
      `the server is ${engineNames[now.flavour]} ${now.version}, and this task works only on MariaDB so far`,
    );
  return now;
}

/**
 * Requires that a server may be written to. A read-only server is a replica, or a primary that is not in service:
 * writing to it would make it differ from the others.
 *
 * @param sqlLogBin false if the statements stay out of the binlog, and so are not replicated
 */
export async function writable(
  host: PlanHost,
  server: ServerKey,
  sqlLogBin: boolean,
  needs: ServerNeeds = {},
): Promise<Server> {
  const [now, readOnly] = await Promise.all([
    reachable(host, server, needs),
    host.fact(mysqlVariable, { server, name: "read_only" }),
  ]);
  if (sqlLogBin)
    host.require(
      readOnly === undefined || readOnly === "OFF",
      "the server is read-only, as replicas are: the primary would not have what is written here",
      "do this on the primary, which replicates it to here; or give sqlLogBin: false to do it on this server alone",
    );
  return now;
}

/** Whether the server keeps the names of databases and tables in small letters (lower_case_table_names). */
export async function keepsSmallLetters(host: PlanHost, server: ServerKey): Promise<boolean> {
  const value = await host.fact(mysqlVariable, { server, name: "lower_case_table_names" });
  return value !== undefined && value !== "0";
}

export const engineNames = { mariadb: "MariaDB", mysql: "MySQL" } as const;

function hintFor(problem: string): string {
  if (/ERROR (1045|1698)/.test(problem))
    return "root needs no password on the socket: run the play with become: true, or give login. A user, password or socket in the ~/.my.cnf of the task's user counts, too";
  if (problem.includes("installed")) return 'install it first: apt({ name: "mariadb-server" })';
  return 'is it started? service({ name: "mariadb", state: "started" })';
}
