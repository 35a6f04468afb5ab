import { secret } from "../../src/kit/index.ts";
import { mysqlUser } from "../../src/modules/mysql/user.ts";
import { cases } from "../../src/testing/index.ts";

const password = secret("hush-hush");

/** A script that has the server run statements, as root. */
const sql = (statements: string) => `mariadb -e "${statements}"`;
const made = sql("CREATE USER ann@localhost IDENTIFIED BY 'hush-hush'");
const logsIn = (word: string) => `mariadb -u ann -p${word} -e 'DO 0'`;
const grants = (pattern: string) => `mariadb -N -e 'SHOW GRANTS FOR ann@localhost' | grep -q '${pattern}'`;

export default cases(
  mysqlUser,
  [
    {
      name: "makes an account with a password",
      params: { name: "ann", password },
      start: "",
      changes: ["account"],
      end: logsIn("hush-hush"),
    },
    {
      name: "makes an account that the system's user of its name gets into",
      params: { name: "ann", unixSocket: true },
      start: "",
      changes: ["account"],
      end: "mariadb -N -e 'SHOW CREATE USER ann@localhost' | grep -q unix_socket",
    },
    {
      name: "makes an account for a network, in small letters, with privileges",
      params: {
        name: "ann",
        host: "WEB%.example.org",
        password,
        privileges: { "site.*": ["SELECT", "INSERT"] },
      },
      start: sql("CREATE DATABASE site"),
      changes: ["account", "privileges on site.*"],
      end: "mariadb -N -e \"SHOW GRANTS FOR ann@'web%.example.org'\" | grep -q 'SELECT, INSERT ON'",
    },
    {
      name: "makes no account without a way in",
      params: { name: "ann" },
      start: "",
      changes: [],
      fails: "does not exist, and is to be made without a password",
    },
    {
      name: "leaves an account alone that is as wanted",
      params: { name: "ann", password, privileges: { "*.*": ["PROCESS"] } },
      start: `${made}; ${sql("GRANT PROCESS ON *.* TO ann@localhost")}`,
      changes: [],
    },
    {
      name: "gives another password",
      params: { name: "ann", password },
      start: sql("CREATE USER ann@localhost IDENTIFIED BY 'old'"),
      changes: ["password"],
      end: [logsIn("hush-hush"), `! ${logsIn("old")}`],
    },
    {
      name: "leaves a password that is there, on demand",
      params: { name: "ann", password, updatePassword: "onCreate" },
      start: sql("CREATE USER ann@localhost IDENTIFIED BY 'old'"),
      changes: [],
      end: logsIn("old"),
    },
    {
      name: "grants what is missing, and revokes what is too much",
      params: { name: "ann", privileges: { "site.*": ["SELECT", "UPDATE"] } },
      start: `${made}; ${sql("CREATE DATABASE site; GRANT SELECT, DELETE ON site.* TO ann@localhost")}`,
      changes: ["privileges on site.*"],
      end: grants("GRANT SELECT, UPDATE ON .site"),
    },
    {
      name: "leaves further privileges, on demand",
      params: { name: "ann", privileges: { "site.*": ["SELECT"] }, appendPrivileges: true },
      start: `${made}; ${sql("CREATE DATABASE site; GRANT DELETE ON site.* TO ann@localhost")}`,
      changes: ["privileges on site.*"],
      end: grants("GRANT SELECT, DELETE ON .site"),
    },
    {
      name: "revokes everything",
      params: { name: "ann", privileges: {} },
      start: `${made}; ${sql("CREATE DATABASE site; GRANT ALL ON site.* TO ann@localhost")}`,
      changes: ["privileges on site.*"],
      end: `! ${grants("site")}`,
    },
    {
      name: "drops an account",
      params: { name: "ann", state: "absent" },
      start: made,
      changes: ["account"],
      end: `! ${logsIn("hush-hush")}`,
    },
    {
      name: "has no account to drop",
      params: { name: "ann", state: "absent" },
      start: "",
      changes: [],
    },
    {
      name: "takes no empty password",
      params: { name: "ann", password: secret("") },
      facts: [],
      changes: [],
      fails: "the password is empty",
    },
  ],
  {
    moving: ["/var/lib/mysql"],
    setup:
      "command -v mariadbd >/dev/null || apt-get -qq install -y mariadb-server >/dev/null; systemctl start mariadb",
    reset: sql("DROP USER IF EXISTS ann@localhost, ann@'web%.example.org'; DROP DATABASE IF EXISTS site"),
  },
);
