import { mysqlEngine } from "../../facts/mysql/engine.ts";
import { mysqlHistory } from "../../facts/mysql/history.ts";
import { isLocal, serverKey } from "../../facts/mysql/login.ts";
import { mysqlReplica } from "../../facts/mysql/replica.ts";
import { type Flavour, mysqlServer } from "../../facts/mysql/server.ts";
import { mysqlVariable } from "../../facts/mysql/variable.ts";
import {
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  type Plan,
  type RequiredInput,
  Type,
} from "../../kit/index.ts";
import { checkLogin, loginParams } from "./login-param.ts";
import { engineNames } from "./server-guard.ts";

/** What a host's database server is, and its part in replication just now. */
export interface MysqlInfoValue {
  /** The engine of the server that answers or, if none answers, of the one that is installed; undefined if there is none. */
  readonly engine: Flavour | undefined;
  /** Whether the server answers. All that follows is known only of a MariaDB server that answers. */
  readonly running: boolean;
  /** The number by which replication tells servers apart. */
  readonly serverId: number | undefined;
  /** Whether only administrators can write. */
  readonly readOnly: boolean | undefined;
  /** Whether it offers TLS. */
  readonly tls: boolean | undefined;
  /** The primary from which it replicates; undefined if it is no replica. */
  readonly replicatesFrom:
    | { readonly host: string; readonly port: number; readonly tls: boolean; readonly running: boolean }
    | undefined;
  /** All databases but those of the server itself. */
  readonly databases: readonly string[];
  /** All accounts but those that packages make: `user@host`. */
  readonly accounts: readonly string[];
  /** For each domain and server the last GTID that it has written, applied or received. */
  readonly gtids: readonly string[];
}

const params = {
  /** The task fails if the host has another engine, or data of another one. Left out: any engine will do. */
  engine: Type.Optional(Type.Literal("mariadb")),
  ...loginParams,
};

/** What `mysqlInfo` takes. */
export interface MysqlInfoParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Tells what a host's database server is, and what part it has in replication just now. Changes nothing.
 *
 * @example
 * const { value } = await mysqlInfo({});
 * if (value.readOnly) fail("this server is not in service");
 */
export const mysqlInfo: Module<MysqlInfoParams, MysqlInfoValue> = defineModule({
  name: "mysqlInfo",
  summary: "Tells a database server's engine, and what part it has in replication; changes nothing.",
  params,
  examples: ["mysqlInfo({})", `mysqlInfo({ engine: "mariadb" })`],
  title: ({ engine }) => (engine === undefined ? "" : `is ${engineNames[engine]}`),
  check: ({ login }) => checkLogin(login),
  async *plan(host, { engine, login }): Plan<MysqlInfoValue> {
    const server = serverKey(login);
    const key = { server };
    const [found, now, readOnly, tls, replica, history] = await Promise.all([
      isLocal(server) ? host.fact(mysqlEngine, "host") : undefined,
      host.fact(mysqlServer, key),
      host.fact(mysqlVariable, { server, name: "read_only" }),
      host.fact(mysqlVariable, { server, name: "have_ssl" }),
      host.fact(mysqlReplica, key),
      host.fact(mysqlHistory, key),
    ]);
    const has = now.running ? now.flavour : found?.installed;
    if (engine !== undefined) refuseOther(engine, has, found?.data);
    const known = now.running && now.flavour === "mariadb" ? history : undefined;
    return {
      engine: has,
      running: now.running,
      serverId: known?.serverId,
      readOnly: readOnly === undefined ? undefined : readOnly !== "OFF",
      tls: tls === undefined ? undefined : tls === "YES",
      replicatesFrom: replica && {
        host: replica.host,
        port: replica.port,
        tls: replica.tls.enabled,
        running: replica.io === "running" && replica.sql === "running",
      },
      databases: known?.databases ?? [],
      accounts: known?.accounts ?? [],
      gtids: known
        ? [known.binlogState, known.slavePosition, known.replica?.received ?? ""].flatMap((list) =>
            list.split(",").filter((gtid) => /^\d+-\d+-\d+$/.test(gtid)),
          )
        : [],
    };
  },
});

function refuseOther(wanted: Flavour, has: Flavour | undefined, data: Flavour | undefined): void {
  const hint = `nothing was changed. Move its data to ${engineNames[wanted]} by a dump first, or use another host`;
  if (has !== undefined && has !== wanted)
    fail(
      `this host has a ${engineNames[has]} server, and ${engineNames[wanted]} would take its place: the package manager would remove it, and an empty server would start`,
      hint,
    );
  if (data !== undefined && data !== wanted)
    fail(
      `/var/lib/mysql holds the data of a ${engineNames[data]} server, which ${engineNames[wanted]} can't read`,
      hint,
    );
}
