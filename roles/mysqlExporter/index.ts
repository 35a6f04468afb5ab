import {
  copy,
  defineRole,
  file,
  mysqlUser,
  type OptionalInput,
  Param,
  type RequiredInput,
  type Role,
  service,
  withDefault,
} from "showrunner";
import { installDaemon, startDaemon } from "../daemon.ts";
import { ipAddressOf } from "../ip-address.ts";

const name = "prometheus-mysqld-exporter";
const folder = `/etc/${name}`;
/** The exporter runs as this user of the system: the server knows it by that, over its socket. */
const account = "prometheus";

const variables = {
  /** The port on which it listens, at the host's address in the inventory. Default: 9104. */
  port: withDefault(Param.port(), 9104),
  /** Whether its account is made here. Say false on a replica, which gets it by replication. Default: true. */
  makeAccount: Param.flag(true),
  /** The server's socket. Default: "/run/mysqld/mysqld.sock". */
  socket: withDefault(Param.path(), "/run/mysqld/mysqld.sock"),
};

/** What `mysqlExporter` takes. */
export interface MysqlExporterVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Tells Prometheus how a MariaDB server is: its queries, its variables, its replication. */
export const mysqlExporter: Role<MysqlExporterVars, void> = defineRole({
  name: "mysqlExporter",
  summary: "Tells Prometheus how a MariaDB server is, through its socket and without a password.",
  vars: variables,
  async run({ vars, host }) {
    const clientPath = `${folder}/client.cnf`;
    const daemon = {
      name,
      address: ipAddressOf(host, "mysqlExporter"),
      port: vars.port,
      options: {
        "config.my-cnf": clientPath,
        // what these ask would need the right to see what all others are doing (PROCESS)
        "no-collect.info_schema.innodb_cmp": true,
        "no-collect.info_schema.innodb_cmpmem": true,
        "no-collect.info_schema.query_response_time": true,
      },
    } as const;
    if (vars.makeAccount)
      await mysqlUser({ name: account, unixSocket: true, privileges: { "*.*": ["SLAVE MONITOR"] } });
    await file({ path: folder, state: "directory", mode: "0755" });
    await copy(
      { dest: clientPath, content: clientFile(vars.socket), mode: "0644" },
      { notify: service({ name, state: "restarted" }) },
    );
    await installDaemon(daemon);
    await startDaemon(daemon);
  },
});

const clientFile = (
  socket: string,
) => `# Written by Showrunner: changes made here are overwritten by the next run.
[client]
user = ${account}
socket = ${socket}
# the exporter insists on one, and the server asks for none: it sees which user of the system has come to its socket
password = none
`;
