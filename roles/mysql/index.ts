import {
  apt,
  batch,
  checkReplicationPassword,
  defineRole,
  fail,
  flushHandlers,
  mysqlDatabase,
  mysqlPrimary,
  mysqlReplication,
  mysqlUser,
  mysqlVariable,
  type OptionalInput,
  type RequiredInput,
  type Role,
  SecretString,
  type Static,
  service,
  type Task,
  Type,
  template,
  withDefault,
} from "showrunner";
import { leave, mustWait, requireWhatWasLeft } from "./encryption.ts";
import { lookAround, topologyOf } from "./nodes.ts";
import { uniqueServerId } from "./server-id.ts";
import { conflictOf, type Part } from "./topology.ts";

const restart = service({ name: "mariadb", state: "restarted" });

const Database = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    /** Default utf8mb4. */
    encoding: Type.Optional(Type.String({ minLength: 1 })),
    collation: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

const User = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    /** From where it may connect; an account each. */
    hosts: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    password: SecretString(),
    /** By object: { "site.*": ["SELECT", "INSERT"] }; all others are revoked. */
    privileges: Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1 }))),
    /** Whether its connections must be encrypted. Default false. */
    requireSsl: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const Tls = Type.Object(
  {
    /** Path of the authorities' certificates. */
    ca: Type.Optional(Type.String({ minLength: 1 })),
    /** Path of the replica's own certificate. */
    cert: Type.Optional(Type.String({ minLength: 1 })),
    /** Path of that certificate's key. */
    key: Type.Optional(Type.String({ minLength: 1 })),
    /** Default true. */
    verify: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const Replication = Type.Object(
  {
    /** The replication account. */
    user: Type.String({ minLength: 1 }),
    /** At most 96 bytes. */
    password: SecretString(),
    /** From where replicas connect, as in an account: on the primary. Default: anywhere. */
    hosts: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
    /** The primary's address, as seen from a replica: on replicas. */
    primary: Type.Optional(Type.String({ minLength: 1 })),
    /** The primary's. Default 3306. */
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /**
     * Replication over TLS, which the account then requires: given to the primary and to its replicas alike. Default:
     * not required, and as the servers do by themselves (mysqlReplication).
     */
    ssl: Type.Optional(Tls),
  },
  { additionalProperties: false },
);

const variables = {
  /** What this host is. The primary must be deployed before its replicas. */
  role: Type.Union([Type.Literal("primary"), Type.Literal("replica")]),
  /** Unlike every other server's. Default: made of the host's address. */
  serverId: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295 })),
  /**
   * Where it listens.
   * @default "0.0.0.0"
   */
  bindAddress: withDefault(Type.String({ pattern: "^[A-Za-z0-9.:,*-]+$" }), "0.0.0.0"),
  /**
   * Where it listens.
   * @default 3306
   */
  port: withDefault(Type.Integer({ minimum: 1, maximum: 65_535 }), 3306),
  /**
   * Made on the primary, from where they replicate.
   * @default []
   */
  databases: withDefault(Type.Array(Database), []),
  /**
   * Made on the primary, from where they replicate.
   * @default []
   */
  users: withDefault(Type.Array(User), []),
  /** The replication account, and from where replicas connect; without it there is none. */
  replication: Type.Optional(Replication),
  /**
   * The hosts of this topology, a host pattern: each is asked who is the primary before anything is changed.
   * Default: those that replication.hosts and replication.primary name.
   */
  nodes: Type.Optional(Type.String({ minLength: 1 })),
  /**
   * How long binlogs are kept; 0: for ever. A new replica needs them all.
   * @default 10
   */
  binlogExpireDays: withDefault(Type.Integer({ minimum: 0, maximum: 1000 }), 10),
  /**
   * Further server settings: { innodb_buffer_pool_size: "2G" }.
   * @default {}
   */
  settings: withDefault(
    Type.Record(
      Type.String({ pattern: "^[a-z][a-z0-9_-]*$" }),
      Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
    ),
    {},
  ),
};

/** What `mysql` takes. */
export interface MysqlVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** A MariaDB server: the primary, or a replica of it. */
export const mysql: Role<MysqlVars, void> = defineRole({
  name: "mysql",
  summary: "A MariaDB primary with its databases and users, or a replica of it.",
  vars: variables,
  async run({ vars, role, host, inventory }) {
    const { replication } = vars;
    if (vars.role === "replica" && replication?.primary === undefined)
      fail("a replica needs replication.primary: the address of its primary");
    if (replication) checkReplicationPassword("replication.password", replication.password);

    const hosts = topologyOf(host, inventory, {
      nodes: vars.nodes,
      replicas: replication?.hosts ?? [],
      primary: replication?.primary,
    });
    const nodes = await lookAround(hosts);
    const part: Part = { self: host.name, role: vars.role, primary: replication?.primary };
    const conflict = nodes && conflictOf(part, nodes);
    if (conflict) fail(conflict.problem, conflict.hint);

    await batch([
      apt({ name: "mariadb-server" }),
      template(
        {
          src: role.template("server.cnf.ejs"),
          dest: "/etc/mysql/mariadb.conf.d/90-showrunner.cnf",
          mode: "0644",
          // reads the whole configuration and starts nothing
          validate: "mariadbd --user=mysql --help --verbose >/dev/null",
          vars: {
            bindAddress: vars.bindAddress,
            port: vars.port,
            serverId: vars.serverId ?? uniqueServerId(host, inventory.select("all")),
            binlogExpireSeconds: vars.binlogExpireDays * 86_400,
            settings: Object.entries(vars.settings).map(([name, value]) => [name, optionValue(value)]),
          },
        },
        { notify: restart },
      ),
      service({ name: "mariadb", state: "started", enabled: true }),
    ]);
    await flushHandlers(); // what follows needs the binlog and the server's own id

    if (vars.role === "primary") {
      const places = replication?.hosts ?? ["%"];
      const own = nodes?.[0];
      const waiting =
        replication?.ssl && own ? mustWait({ user: replication.user, hosts: places }, own, nodes) : [];
      await batch([mysqlPrimary({}), ...accounts(replication, waiting), ...databases(vars), ...users(vars)]);
      if (replication) leave(inventory, host.name, { user: replication.user, hosts: waiting });
    } else if (replication?.primary !== undefined) {
      const { primary, port, user, password, ssl } = replication;
      await batch([
        mysqlVariable({ name: "read_only", value: true }),
        mysqlReplication({
          primary: {
            host: primary,
            user,
            password,
            ...(port === undefined ? {} : { port }),
            ...(ssl === undefined ? {} : { ssl }),
          },
        }),
      ]);
      if (ssl) await requireWhatWasLeft(inventory, hosts, primary);
    }
  },
});

/**
 * The replication account, once for every place from where replicas connect.
 *
 * @param waiting those places whose account can't require TLS yet
 */
function accounts(
  replication: Static<typeof Replication> | undefined,
  waiting: readonly string[],
): Task<unknown>[] {
  if (!replication) return [];
  return (replication.hosts ?? ["%"]).map((from) =>
    mysqlUser({
      name: replication.user,
      host: from,
      password: replication.password,
      // the second lets a replica see whether this server still has all that it needs
      privileges: { "*.*": ["REPLICATION SLAVE", "BINLOG MONITOR"] },
      ...(waiting.includes(from) ? {} : { requireSsl: replication.ssl !== undefined }),
    }),
  );
}

function databases({ databases: wanted }: { databases: Static<typeof Database>[] }): Task<unknown>[] {
  return wanted.map((database) => mysqlDatabase({ encoding: "utf8mb4", ...database }));
}

function users({ users: wanted }: { users: Static<typeof User>[] }): Task<unknown>[] {
  return wanted.flatMap(({ hosts, ...account }) =>
    hosts.map((from) => mysqlUser({ requireSsl: false, ...account, host: from })),
  );
}

/** A value in an option file: quoted where it must be. */
function optionValue(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "ON" : "OFF";
  const text = String(value);
  if (/[\0\n\r]/.test(text)) fail("a setting's value must be one line");
  return /^[\w./:,+*=-]*$/.test(text) ? text : `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
