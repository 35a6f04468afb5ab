/** What a database server says of itself and its accounts, without a password or a hash of one. */
import { defineFact, sh } from "showrunner";

/** An account, and what there is to say against it. */
interface DatabaseAccount {
  /** `user@host`. */
  readonly name: string;
  readonly traits: readonly string[];
}

export interface DatabaseServer {
  readonly variables: ReadonlyMap<string, string>;
  readonly accounts: readonly DatabaseAccount[];
  /** Databases that are for trying things. */
  readonly testDatabases: readonly string[];
  /** Files with a password that everybody can read. */
  readonly exposed: readonly string[];
  /** Where MYSQL_PWD is set. */
  readonly passwordsInEnvironment: readonly string[];
}

const own = "'localhost', '127.0.0.1', '::1'";
const systems = "'mariadb.sys', 'mysql.sys', 'mysql.session', 'mysql.infoschema'";

const questions = [
  ...["version", "datadir", "log_error", "local_infile"].map(
    (name) => `SELECT 'variable', '${name}', COALESCE(@@GLOBAL.${name}, '')`,
  ),
  "SELECT 'test', schema_name, '' FROM information_schema.schemata WHERE schema_name = 'test'",
  `SELECT 'account', CONCAT(User, '@', Host), CONCAT_WS(' ',
    IF(User = '', 'anonymous', NULL),
    IF(authentication_string = '' AND plugin NOT IN ('unix_socket', 'auth_socket'), 'open', NULL),
    IF(Grant_priv = 'Y' AND User NOT IN ('root', 'mysql', 'debian-sys-maint'), 'grants', NULL),
    IF(Host = '%', 'anywhere', NULL),
    IF(Super_priv = 'Y' AND Host NOT IN (${own}), 'remote', NULL))
    FROM mysql.user WHERE Host <> '' AND User NOT IN (${systems})`,
].join(";\n");

/** What the server says; undefined where there is none, "silent" where it does not answer. Its one key is `""`. */
export const databaseServer = defineFact<string, DatabaseServer | "silent" | undefined>({
  name: "audit.mysql",
  about: "services",
  script: () => sh`PATH=$PATH:/usr/sbin
command -v mariadbd >/dev/null || command -v mysqld >/dev/null || exit 0
client=$(command -v mariadb || command -v mysql) || exit 0
"$client" --batch --skip-column-names --connect-timeout=10 -e ${questions} || { echo silent; exit 0; }
find -L /etc/mysql -name '*.cnf' -perm -004 -exec grep -lsE '^[[:space:]]*password[[:space:]]*=[[:space:]]*[^[:space:]]' {} + |
  sed 's/^/exposed	/'
if [ -n "$MYSQL_PWD" ]; then printf 'environment\tthe environment of root\n'; fi
grep -ls '^[^#]*MYSQL_PWD=' /etc/environment /etc/profile /etc/profile.d/* /etc/default/* | sed 's/^/environment	/'
:`,
  parse(stdout, keys) {
    const rows = stdout
      .toString()
      .split("\n")
      .map((line) => line.split("\t"));
    const of = (kind: string) => rows.filter(([first]) => first === kind);
    if (of("silent").length > 0) return new Map(keys.map((key) => [key, "silent"]));
    const server =
      rows.length < 2
        ? undefined
        : {
            variables: new Map(
              of("variable").map(([, name = "", value = ""]): [string, string] => [name, value]),
            ),
            accounts: of("account").map(([, name = "", traits = ""]) => ({
              name,
              traits: traits.split(" "),
            })),
            testDatabases: of("test").map(([, name = ""]) => name),
            exposed: of("exposed").map(([, path = ""]) => path),
            passwordsInEnvironment: of("environment").map(([, place = ""]) => place),
          };
    return new Map(keys.map((key) => [key, server]));
  },
});
