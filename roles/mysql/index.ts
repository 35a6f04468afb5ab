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
    /** The database's name. */
    name: Type.String({ minLength: 1 }),
    /** The character set. Default utf8mb4. */
    encoding: Type.Optional(Type.String({ minLength: 1 })),
    /** The collation. Default: the character set's own. */
    collation: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

const User = Type.Object(
  {
    /** The user's name. */
    name: Type.String({ minLength: 1 }),
    /** The hosts that the user may connect from: an account is made for each. */
    hosts: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    /** The user's password. */
    password: SecretString(),
    /** Privileges by object: { "site.*": ["SELECT", "INSERT"] }. All others are revoked. */
    privileges: Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1 }))),
    /** Whether the user's connections must be encrypted. Default false. */
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
    /** Path of the key of the replica's certificate. */
    key: Type.Optional(Type.String({ minLength: 1 })),
    /** Whether the primary's certificate is verified. Default true. */
    verify: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const Replication = Type.Object(
  {
    /** The name of the replication account. */
    user: Type.String({ minLength: 1 }),
    /** The account's password: at most 96 bytes. */
    password: SecretString(),
    /** Used on the primary: the hosts that replicas connect from, as in an account. Default: any. */
    hosts: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
    /** Used on replicas: the primary's address, as seen from the replica. */
    primary: Type.Optional(Type.String({ minLength: 1 })),
    /** The primary's port. Default 3306. */
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /**
     * Replication over TLS, which the account then requires. Give it to the primary and to its replicas alike. Default:
     * not required; the servers decide whether they use TLS (see mysqlReplication).
     */
    ssl: Type.Optional(Tls),
  },
  { additionalProperties: false },
);

const variables = {
  /** What this host is. The primary must be deployed before its replicas. */
  role: Type.Union([Type.Literal("primary"), Type.Literal("replica")]),
  /** The server id: no two servers may have the same. Default: made of the host's address. */
  serverId: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295 })),
  /** The address on which the server listens. Default: "0.0.0.0". */
  bindAddress: withDefault(Type.String({ pattern: "^[A-Za-z0-9.:,*-]+$" }), "0.0.0.0"),
  /** The port on which the server listens. Default: 3306. */
  port: withDefault(Type.Integer({ minimum: 1, maximum: 65_535 }), 3306),
  /** Databases. They are made on the primary, and reach the replicas by replication. Default: []. */
  databases: withDefault(Type.Array(Database), []),
  /** Users. They are made on the primary, and reach the replicas by replication. Default: []. */
  users: withDefault(Type.Array(User), []),
  /** The replication account, and where replicas connect from. Default: no replication. */
  replication: Type.Optional(Replication),
  /**
   * A host pattern: the hosts of this topology. Before anything is changed, each is asked which of them is the primary.
   * Default: those that replication.hosts and replication.primary name.
   */
  nodes: Type.Optional(Type.String({ minLength: 1 })),
  /** How many days binlogs are kept; 0: for ever. A new replica needs all of them. Default: 10. */
  binlogExpireDays: withDefault(Type.Integer({ minimum: 0, maximum: 1000 }), 10),
  /** Further server settings: { innodb_buffer_pool_size: "2G" }. Default: {}. */
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
