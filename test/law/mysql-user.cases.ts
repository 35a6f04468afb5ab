import { type Account, mysqlAccount } from "../../src/facts/mysql/account.ts";
import { mysqlHistory } from "../../src/facts/mysql/history.ts";
import { mysqlServer } from "../../src/facts/mysql/server.ts";
import { mysqlVariable } from "../../src/facts/mysql/variable.ts";
import { secret } from "../../src/kit/index.ts";
import { nativePasswordHash } from "../../src/modules/mysql/native-password.ts";
import { mysqlUser } from "../../src/modules/mysql/user.ts";
import { markOf } from "../../src/secrets/mark.ts";
import { cases } from "../../src/testing/index.ts";

const server = {};
const password = secret("hush-hush");
const byPassword = (word: string) => ({
  plugin: "mysql_native_password",
  hashId: markOf(nativePasswordHash(word)),
});
const bySocket = { plugin: "unix_socket", hashId: "" };

/** Ann's account as the server tells it. */
const ann = (account: Partial<Account> | undefined, host = "localhost") =>
  mysqlAccount.is(
    { server, user: "ann", host },
    account && { authentication: [byPassword("hush-hush")], tls: "none", privileges: {}, ...account },
  );
const variable = (name: string, value: string) => mysqlVariable.is({ server, name }, value);

/** A script that has the server run statements, as root. */
const sql = (statements: string) => `mariadb -e "${statements}"`;
const make = (how = "IDENTIFIED BY 'hush-hush'") => sql(`CREATE USER ann@localhost ${how}`);
const made = make();
const logsIn = (word: string) => `mariadb -u ann -p${word} -e 'DO 0'`;
const account = (pattern: string) => `mariadb -N -e 'SHOW CREATE USER ann@localhost' | grep -q '${pattern}'`;
const grants = (pattern: string) => `mariadb -N -e 'SHOW GRANTS FOR ann@localhost' | grep -q '${pattern}'`;

const config = "/etc/mysql/mariadb.conf.d/99-probe.cnf";
/** A server that writes its logs, and offers TLS. */
const setup = `command -v mariadbd >/dev/null || apt-get -qq install -y mariadb-server openssl >/dev/null
cd /etc/mysql
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=probe -days 3650 -keyout probe.key -out probe.pem 2>/dev/null
chown mysql probe.key
printf '[mysqld]\\nlog_bin\\ngeneral_log\\nssl_cert=/etc/mysql/probe.pem\\nssl_key=/etc/mysql/probe.key\\n' >${config}
systemctl restart mariadb`;

export default cases(
  mysqlUser,
  [
    {
      name: "makes an account with a password",
      params: { name: "ann", password },
      facts: [ann(undefined)],
      start: "",
      changes: ["account"],
      end: [ann({}), logsIn("hush-hush")],
    },
    {
      name: "makes an account with a password that is left later",
      params: { name: "ann", password, updatePassword: "onCreate" },
      facts: [ann(undefined)],
      start: "",
      changes: ["account"],
      end: [ann({}), logsIn("hush-hush")],
    },
    {
      name: "makes an account that the system's user of its name gets into",
      params: { name: "ann", unixSocket: true },
      facts: [ann(undefined)],
      start: "",
      changes: ["account"],
      end: [ann({ authentication: [bySocket] }), account("unix_socket")],
    },
    {
      name: "makes an account whose connections are encrypted",
      params: { name: "ann", password, requireSsl: true },
      facts: [ann(undefined), variable("have_ssl", "YES")],
      start: "",
      changes: ["account"],
      end: [ann({ tls: "ssl" }), account("REQUIRE SSL")],
    },
    {
      name: "makes an account for a network, in small letters, with privileges",
      params: {
        name: "ann",
        host: "WEB%.example.org",
        password,
        privileges: { "site.*": ["SELECT", "INSERT"] },
      },
      facts: [ann(undefined, "web%.example.org")],
      start: sql("CREATE DATABASE site"),
      changes: ["account", "privileges on site.*"],
      end: [
        ann({ privileges: { "`site`.*": ["INSERT", "SELECT"] } }, "web%.example.org"),
        "mariadb -N -e \"SHOW GRANTS FOR ann@'web%.example.org'\" | grep -q 'SELECT, INSERT ON'",
      ],
    },
    {
      name: "makes no account without a way in",
      params: { name: "ann" },
      facts: [ann(undefined)],
      start: "",
      changes: [],
      fails: "does not exist, and no password is given for it",
    },
    {
      name: "leaves an account alone that is as wanted",
      params: { name: "ann", password, privileges: { "*.*": ["PROCESS"] } },
      facts: [ann({ privileges: { "*.*": ["PROCESS"] } })],
      start: `${made}; ${sql("GRANT PROCESS ON *.* TO ann@localhost")}`,
      changes: [],
    },
    {
      name: "leaves what it is not told",
      params: { name: "ann" },
      facts: [ann({ tls: "ssl", privileges: { "*.*": ["PROCESS"] } })],
      start: make("IDENTIFIED BY 'hush-hush' REQUIRE SSL"),
      changes: [],
    },
    {
      name: "gives another password",
      params: { name: "ann", password },
      facts: [ann({ authentication: [byPassword("old")] })],
      start: make("IDENTIFIED BY 'old'"),
      changes: ["password"],
      end: [ann({}), logsIn("hush-hush"), `! ${logsIn("old")}`],
    },
    {
      name: "leaves a password that is there, on demand",
      params: { name: "ann", password, updatePassword: "onCreate" },
      facts: [ann({ authentication: [byPassword("old")] })],
      start: make("IDENTIFIED BY 'old'"),
      changes: [],
      end: logsIn("old"),
    },
    {
      name: "gives a password, and keeps who gets in by the socket",
      params: { name: "ann", password },
      facts: [ann({ authentication: [bySocket] })],
      start: make("IDENTIFIED VIA unix_socket"),
      changes: ["password"],
      end: [ann({ authentication: [byPassword("hush-hush"), bySocket] }), logsIn("hush-hush")],
    },
    {
      name: "lets in by the socket, and by the password no more",
      params: { name: "ann", unixSocket: true },
      facts: [ann({})],
      start: made,
      changes: ["authentication"],
      end: [ann({ authentication: [bySocket] }), `! ${logsIn("hush-hush")}`],
    },
    {
      name: "requires encryption",
      params: { name: "ann", requireSsl: true },
      facts: [ann({}), variable("have_ssl", "YES")],
      start: made,
      changes: [{ what: "tls", before: "none", after: "ssl" }],
      end: [ann({ tls: "ssl" }), account("REQUIRE SSL")],
    },
    {
      name: "is content with a certificate where encryption is required",
      params: { name: "ann", requireSsl: true },
      facts: [ann({ tls: "x509" }), variable("have_ssl", "YES")],
      start: make("IDENTIFIED BY 'hush-hush' REQUIRE X509"),
      changes: [],
    },
    {
      name: "requires no encryption any more",
      params: { name: "ann", requireSsl: false },
      facts: [ann({ tls: "x509" })],
      start: make("IDENTIFIED BY 'hush-hush' REQUIRE X509"),
      changes: [{ what: "tls", before: "x509", after: "none" }],
      end: [ann({}), `! ${account("REQUIRE")}`],
    },
    {
      name: "requires no encryption of a server that offers none",
      params: { name: "ann", requireSsl: true },
      facts: [ann({}), variable("have_ssl", "DISABLED")],
      changes: [],
      fails: "the server offers no TLS, so ann@localhost could no longer log in",
    },
    {
      name: "grants what is missing, and revokes what is too much",
      params: { name: "ann", privileges: { "site.*": ["SELECT", "UPDATE"] } },
      facts: [ann({ privileges: { "`site`.*": ["DELETE", "SELECT"] } })],
      start: `${made}; ${sql("CREATE DATABASE site; GRANT SELECT, DELETE ON site.* TO ann@localhost")}`,
      changes: ["privileges on site.*"],
      end: [
        ann({ privileges: { "`site`.*": ["SELECT", "UPDATE"] } }),
        grants("GRANT SELECT, UPDATE ON .site"),
      ],
    },
    {
      name: "takes the privileges on one object before it gives those on another",
      params: { name: "ann", privileges: { "*.*": ["PROCESS"] } },
      facts: [ann({ privileges: { "`site`.*": ["SELECT"] } })],
      start: `${made}; ${sql("CREATE DATABASE site; GRANT SELECT ON site.* TO ann@localhost")}`,
      changes: ["privileges on *.*", "privileges on site.*"],
      end: ann({ privileges: { "*.*": ["PROCESS"] } }),
    },
    {
      name: "leaves further privileges, on demand",
      params: { name: "ann", privileges: { "site.*": ["SELECT"] }, appendPrivileges: true },
      facts: [ann({ privileges: { "`site`.*": ["DELETE"] } })],
      start: `${made}; ${sql("CREATE DATABASE site; GRANT DELETE ON site.* TO ann@localhost")}`,
      changes: ["privileges on site.*"],
      end: [
        ann({ privileges: { "`site`.*": ["DELETE", "SELECT"] } }),
        grants("GRANT SELECT, DELETE ON .site"),
      ],
    },
    {
      name: "revokes everything",
      params: { name: "ann", privileges: {} },
      facts: [ann({ privileges: { "`site`.*": ["ALL PRIVILEGES"] } })],
      start: `${made}; ${sql("CREATE DATABASE site; GRANT ALL ON site.* TO ann@localhost")}`,
      changes: ["privileges on site.*"],
      end: [ann({}), `! ${grants("site")}`],
    },
    {
      name: "knows databases by small letters where the server keeps them so",
      params: { name: "ann", privileges: { "Site.*": ["SELECT"] } },
      facts: [ann({ privileges: { "`site`.*": ["SELECT"] } }), variable("lower_case_table_names", "1")],
      changes: [],
    },
    {
      name: "drops an account",
      params: { name: "ann", state: "absent" },
      facts: [ann({})],
      start: made,
      changes: ["account"],
      end: [ann(undefined), `! ${logsIn("hush-hush")}`],
    },
    {
      name: "has no account to drop",
      params: { name: "ann", state: "absent" },
      facts: [ann(undefined)],
      start: "",
      changes: [],
    },
    {
      name: "writes nothing to a server that is read-only",
      params: { name: "ann", password },
      facts: [ann(undefined), variable("read_only", "ON")],
      start: sql("SET GLOBAL read_only = 1"),
      changes: [],
      fails: "the server is read-only",
    },
    {
      name: "makes an account on a read-only server alone, and not in its binlog",
      params: { name: "ann", password, sqlLogBin: false },
      facts: [ann(undefined), variable("read_only", "ON")],
      start: sql("RESET MASTER; SET GLOBAL read_only = 1"),
      changes: ["account"],
      end: [ann({}), "! mariadb -e 'SHOW BINLOG EVENTS' | grep -q ann"],
    },
    {
      name: "says that no server answers",
      params: { name: "ann", password },
      facts: [ann(undefined), mysqlServer.is({ server }, { running: false, problem: "ERROR 2002" })],
      changes: [],
      fails: "the server does not answer: ERROR 2002",
    },
    {
      name: "works on MariaDB only",
      params: { name: "ann", password },
      facts: [
        ann(undefined),
        mysqlServer.is({ server }, { running: true, flavour: "mysql", version: "9.7.0" }),
      ],
      changes: [],
      fails: "the server is MySQL 9.7.0, and this task works only on MariaDB so far",
    },
    {
      name: "takes no empty password",
      params: { name: "ann", password: secret("") },
      facts: [],
      changes: [],
      fails: "the password is empty",
    },
    {
      name: "takes no password beside the socket",
      params: { name: "ann", password, unixSocket: true },
      facts: [],
      changes: [],
      fails: "password and unixSocket exclude each other",
    },
    {
      name: "leaves no password that is not given",
      params: { name: "ann", unixSocket: true, updatePassword: "onCreate" },
      facts: [],
      changes: [],
      fails: 'updatePassword: "onCreate" needs password',
    },
    {
      name: "gives no privileges on what is no object",
      params: { name: "ann", password, privileges: { site: ["SELECT"] } },
      facts: [],
      changes: [],
      fails: 'privileges: "site" names no object',
    },
  ],
  {
    facts: [
      mysqlServer.is({ server }, { running: true, flavour: "mariadb", version: "10.11.19" }),
      variable("read_only", "OFF"),
      variable("lower_case_table_names", "0"),
      // another task may have asked for it
      mysqlHistory.is({ server }, undefined),
    ],
    moving: ["/var/lib/mysql"],
    setup,
    reset: sql(
      "SET GLOBAL read_only = 0; DROP USER IF EXISTS ann@localhost, ann@'web%.example.org'; DROP DATABASE IF EXISTS site",
    ),
  },
);
