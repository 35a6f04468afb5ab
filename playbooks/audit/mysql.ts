/** What is asked of MariaDB or MySQL. */
import { type FileState, fileState, readFact } from "showrunner";
import { type Area, type Control, doesNot, fileProblems, holds, notApplicable, unless } from "./control.ts";
import { type DatabaseServer, databaseServer } from "./mysql-server.ts";

interface Mysql extends DatabaseServer {
  readonly states: ReadonlyMap<string, FileState>;
}

/** Those of them that are there. */
const configuration = [
  "/etc/mysql/mariadb.cnf",
  "/etc/mysql/mysql.cnf",
  "/etc/mysql/mariadb.conf.d/50-server.cnf",
  "/etc/mysql/mariadb.conf.d/90-showrunner.cnf",
];

export const mysql: Area<Mysql> = {
  name: "mysql",
  async read() {
    const server = await readFact(databaseServer, "");
    if (!server) return "there is no database server";
    if (server === "silent") return doesNot("the server does not answer");
    const paths = [folderOf(server), systemTables(server), logOf(server), ...configuration];
    const states = await Promise.all(
      paths.map(async (path): Promise<[string, FileState]> => [path, await readFact(fileState, path || "/")]),
    );
    return { ...server, states: new Map(states) };
  },
  controls: [
    {
      id: "mysql-conf-03",
      asks: "statements can't read files of a client",
      find: ({ variables }) =>
        /^(0|OFF)$/i.test(variables.get("local_infile") ?? "") ? holds : doesNot("local_infile is on"),
    },
    {
      id: "mysql-conf-04",
      asks: "the data directory belongs to the server",
      find: (facts) => unless(serverFile(facts, folderOf(facts), 0o755)),
    },
    {
      id: "mysql-conf-05",
      asks: "only the server can read the data",
      find: (facts) => unless(serverFile(facts, systemTables(facts), 0o660)),
    },
    {
      id: "mysql-conf-06",
      asks: "only the server and its group can read its log",
      find: (facts) =>
        logOf(facts) === ""
          ? notApplicable("the server logs to the journal")
          : unless(serverFile(facts, logOf(facts), 0o660, ["mysql", "adm"])),
    },
    {
      id: "mysql-conf-07",
      asks: "only root can write the server's configuration",
      find: ({ states }) =>
        unless(
          configuration.flatMap((path) => {
            const state = states.get(path);
            if (!state || state.type === "absent") return [];
            return fileProblems(path, state, { groups: ["root", "mysql"], mode: 0o644 });
          }),
        ),
    },
    {
      id: "mysql-conf-08",
      asks: "files with a password are not for everybody",
      find: ({ exposed }) => unless(exposed.map((path) => `everybody can read the one in ${path}`)),
    },
    {
      id: "mysql-conf-09",
      asks: "no password is in the environment",
      find: (facts) => unless(facts.passwordsInEnvironment.map((place) => `MYSQL_PWD is set in ${place}`)),
    },
    {
      id: "mysql-db-03",
      asks: "there is no test database",
      find: ({ testDatabases }) => unless(testDatabases.map((name) => `there is ${name}`)),
    },
    noAccount("mysql-db-04", "every account has a name", "anonymous", "has none"),
    noAccount("mysql-db-05", "every account has a password", "open", "has none"),
    noAccount("mysql-db-06", "only the administrator may grant rights", "grants", "does"),
    noAccount("mysql-db-07", "accounts are limited to named hosts", "anywhere", "is for any"),
    noAccount(
      "mysql-db-08",
      "administrators log in on the host itself",
      "remote",
      "may do so from elsewhere",
    ),
  ],
};

function folderOf({ variables }: DatabaseServer): string {
  return (variables.get("datadir") ?? "").replace(/\/+$/, "");
}

function systemTables(server: DatabaseServer): string {
  return `${folderOf(server)}/ibdata1`;
}

/** Relative to the folder of the data, where it is relative; empty where there is none. */
function logOf(server: DatabaseServer): string {
  const log = server.variables.get("log_error") ?? "";
  if (log === "" || log === "stderr") return "";
  return log.startsWith("/") ? log : `${folderOf(server)}/${log.replace(/^\.\//, "")}`;
}

function serverFile({ states }: Mysql, path: string, mode: number, groups: readonly string[] = ["mysql"]) {
  return fileProblems(path, states.get(path) ?? { type: "absent" }, { owner: "mysql", groups, mode });
}

function noAccount(id: string, asks: string, trait: string, text: string): Control<Mysql> {
  return {
    id,
    asks,
    find: ({ accounts }) =>
      unless(accounts.filter(({ traits }) => traits.includes(trait)).map(({ name }) => `${name} ${text}`)),
  };
}
