import { defineFact, lines, rawScript, sh } from "../../kit/index.ts";
import { markOf } from "../../kit/own.ts";
import { runSql } from "./client.ts";
import { defineMysqlFact } from "./fact.ts";
import { isLocal, type ServerKey } from "./login.ts";
import { sql } from "./sql.ts";

/** How a replica is set up and whether it runs. Positions are not in it: they move all the time. */
export interface Replica {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly gtid: "no" | "slave_pos" | "current_pos";
  readonly tls: {
    readonly enabled: boolean;
    readonly ca: string;
    readonly cert: string;
    readonly key: string;
    readonly verify: boolean;
  };
  /** Seconds between tries to connect. */
  readonly connectRetry: number;
  /** Seconds by which it stays behind the primary on purpose. */
  readonly delay: number;
  /** The thread that fetches from the primary. */
  readonly io: "running" | "connecting" | "stopped";
  /** The thread that applies what was fetched. */
  readonly sql: "running" | "stopped";
  /** Last_IO_Error or Last_SQL_Error; empty where all is well. */
  readonly problem: string;
  /** The code of Last_IO_Error, 0 for none. */
  readonly ioError: number;
}

/** A server's replication, by its default connection; undefined where none is set up. MariaDB only. */
export const mysqlReplica = defineMysqlFact<{ readonly server: ServerKey }, Replica | undefined>({
  name: "mysql.replica",
  about: "world",
  mostlyOwn: true, // whose replica it is, and whether its threads run
  mayArrive: (_, value) => value === undefined,
  sql: () => sql`/*M! SHOW ALL SLAVES STATUS */`,
  value: ([result]) => {
    const row = result?.find((one) => one["Connection_name"] === "");
    if (!row) return undefined;
    const text = (name: string) => row[name] ?? "";
    const io = text("Slave_IO_Running");
    return {
      host: text("Master_Host"),
      port: Number(text("Master_Port")),
      user: text("Master_User"),
      gtid: gtidModes[text("Using_Gtid")] ?? "no",
      tls: {
        enabled: text("Master_SSL_Allowed") === "Yes",
        ca: text("Master_SSL_CA_File"),
        cert: text("Master_SSL_Cert"),
        key: text("Master_SSL_Key"),
        verify: text("Master_SSL_Verify_Server_Cert") === "Yes",
      },
      connectRetry: Number(text("Connect_Retry")),
      delay: Number(text("SQL_Delay")),
      io: io === "Yes" ? "running" : io === "No" ? "stopped" : "connecting",
      sql: text("Slave_SQL_Running") === "Yes" ? "running" : "stopped",
      problem: text("Last_SQL_Error") || text("Last_IO_Error"),
      ioError: Number(text("Last_IO_Errno")),
    };
  },
  unreachable: () => undefined,
});

const gtidModes: Readonly<Record<string, Replica["gtid"]>> = {
  No: "no",
  Slave_Pos: "slave_pos",
  Current_Pos: "current_pos",
};

/** Stands before each answer. */
const record = "\x1e";

/**
 * The password (as `markOf` marks it) with which a replica logs in to its primary; undefined where none is set up
 * or it can't be read: no status shows it, MariaDB keeps it in the sixth line of `master.info`.
 */
export const mysqlReplicaPassword = defineFact<{ readonly server: ServerKey }, string | undefined>({
  name: "mysql.replica-password",
  about: "services",
  mayArrive: (_, value) => value === undefined,
  script: (keys) =>
    lines(
      ...keys.map(({ server }) => {
        if (!isLocal(server)) return sh`printf ${record}`;
        const datadir = runSql(server, sql`SELECT @@datadir`, ["--skip-column-names", "--raw"]);
        return rawScript(`printf '${record}'
datadir=$(
${datadir.text}
) 2>/dev/null && [ -r "$datadir/master.info" ] && printf + && sed -n 6p -- "$datadir/master.info"`);
      }),
      rawScript(":"),
    ),
  parse(stdout, keys) {
    const answers = stdout.toString().split(record).slice(1);
    return new Map(
      keys.map((key, index) => {
        const answer = answers[index] ?? "";
        return [key, answer.startsWith("+") ? markOf(answer.slice(1).replace(/\n$/, "")) : undefined];
      }),
    );
  },
});
