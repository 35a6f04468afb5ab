/** Which database server a host has, from its files alone: also one that does not run shows itself. */
import { defineFact, rawScript } from "../../kit/index.ts";
import type { Flavour } from "./server.ts";

/** What of a database server is on a host. */
interface Engine {
  /** Whose program is installed; undefined for none. */
  readonly installed: Flavour | undefined;
  /** Who wrote what lies in /var/lib/mysql; undefined for nobody. */
  readonly data: Flavour | undefined;
}

/** Where either of them keeps its data. */
const data = "/var/lib/mysql";

/**
 * The one key is the host itself: both engines have the same unit, socket and data directory, so a host has one.
 * MariaDB's packages also bring `mysqld`, as a link, so that name alone tells nothing.
 */
export const mysqlEngine = defineFact<"host", Engine>({
  name: "mysql.engine",
  restsOn: () => ["/usr/sbin/mariadbd", "/usr/sbin/mysqld", "/usr/local/sbin", "/usr/local/mysql", data],
  mayArrive: (_, { installed }) => installed === undefined,
  script: () =>
    rawScript(`PATH=$PATH:/usr/sbin:/usr/local/sbin:/usr/local/mysql/bin
if command -v mariadbd >/dev/null; then echo mariadb
elif server=$(command -v mysqld); then
  case $("$server" --no-defaults --version </dev/null 2>&1) in *MariaDB*) echo mariadb ;; *) echo mysql ;; esac
else echo none; fi
data=${data}
if [ -e $data/aria_log_control ]; then echo mariadb
elif [ -e $data/mysql.ibd ] || [ -e $data/auto.cnf ]; then echo mysql
else echo none; fi`),
  parse(stdout, keys) {
    const [installed, data] = stdout.toString().split("\n").map(flavourOf);
    return new Map(keys.map((key) => [key, { installed, data }]));
  },
});

function flavourOf(word: string): Flavour | undefined {
  return word === "mariadb" || word === "mysql" ? word : undefined;
}
