/** What one host says of its part in the site. */
import { defineFact, lines, rawScript, type Script, sh } from "showrunner";

/** What is asked of a host. */
interface Asked {
  readonly [name: string]: unknown;
  /** Units that have to run. */
  readonly units: readonly string[];
  /** The link to the release in service; empty where there is no application. */
  readonly release: string;
  /** The list of replicas that the application does not read from; empty where there is none. */
  readonly notRead: string;
  readonly database: boolean;
  /** Folders of certificates. */
  readonly certificates: readonly string[];
}

/** A database server, as it says itself. */
export interface DatabaseLook {
  readonly readOnly: boolean;
  readonly replica:
    | {
        readonly primary: string;
        readonly runs: boolean;
        /** Seconds; undefined where the server does not know. */
        readonly lag: number | undefined;
        readonly problem: string;
      }
    | undefined;
}

export interface HostLook {
  /** systemd's word for each unit: `active`, `inactive`, `failed`. */
  readonly units: ReadonlyMap<string, string>;
  /** The release in service; empty where there is none. */
  readonly release: string;
  readonly notRead: string;
  /** Undefined where no server answers. */
  readonly database: DatabaseLook | undefined;
  /** When each certificate ends, in milliseconds since 1970, by its file. */
  readonly certificates: ReadonlyMap<string, number>;
}

/** How a host does its part just now. */
export const hostLook = defineFact<Asked, HostLook>({
  name: "site.host",
  about: "world",
  mostlyOwn: true,
  lasting: () => undefined,
  script: (keys) => lines(...keys.flatMap(ask)),
  parse(stdout, keys) {
    const [, ...answers] = stdout.toString().split("\u001ehost\n");
    return new Map(keys.map((key, index) => [key, lookIn(answers[index] ?? "", key)]));
  },
});

/** Each part of the answer follows a character that no name has. */
const part = (name: string) => rawScript(`printf '\\036%s\\n' ${name}`);

function ask({ units, release, notRead, database, certificates }: Asked): Script[] {
  return [
    part("host"),
    part("units"),
    units.length > 0 ? sh`systemctl is-active -- ${units} 2>/dev/null || :` : rawScript(":"),
    part("release"),
    release === "" ? rawScript(":") : sh`readlink -- ${release} || :`,
    part("notRead"),
    notRead === "" ? rawScript(":") : sh`[ ! -f ${notRead} ] || head -c 4096 ${notRead}`,
    part("database"),
    rawScript(database ? askDatabase : ":"),
    part("certificates"),
    ...certificates.map(
      (folder) => sh`if command -v openssl >/dev/null; then for file in ${folder}/*.pem ${folder}/*.crt; do
  [ ! -f "$file" ] || printf '%s %s\n' "$(openssl x509 -noout -enddate -in "$file" 2>/dev/null </dev/null)" "$file"
done; fi`,
    ),
  ];
}

const askDatabase = `mariadb --batch -e 'SELECT @@global.read_only AS read_only\\G SHOW REPLICA STATUS\\G' 2>/dev/null </dev/null || :`;

function lookIn(answer: string, { units }: Asked): HostLook {
  const parts = new Map(
    answer.split("\u001e").map((text) => {
      const end = text.indexOf("\n");
      return [text.slice(0, end), text.slice(end + 1)];
    }),
  );
  const of = (name: string) => parts.get(name) ?? "";
  const states = of("units").split("\n");
  return {
    units: new Map(units.map((unit, index) => [unit, states[index] || "not known"])),
    release: of("release").trim().replace(/^.*\//, ""),
    notRead: of("notRead"),
    database: databaseIn(of("database")),
    certificates: new Map(of("certificates").split("\n").flatMap(certificateIn)),
  };
}

function databaseIn(text: string): DatabaseLook | undefined {
  const columns = new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf(": ");
      return [line.slice(0, at).trim(), line.slice(at + 2).trim()];
    }),
  );
  const column = (name: string) => columns.get(name) ?? "";
  const readOnly = column("read_only");
  if (readOnly === "") return undefined;
  const primary = column("Master_Host");
  const lag = column("Seconds_Behind_Master");
  return {
    readOnly: readOnly !== "0",
    replica:
      primary === ""
        ? undefined
        : {
            primary,
            runs: column("Slave_IO_Running") === "Yes" && column("Slave_SQL_Running") === "Yes",
            lag: /^\d+$/.test(lag) ? Number(lag) : undefined,
            problem: column("Last_SQL_Error") || column("Last_IO_Error"),
          },
  };
}

/** `notAfter=Jan  1 00:00:00 2027 GMT /etc/x.pem` */
function certificateIn(line: string): [string, number][] {
  const [key, zone] = ["notAfter=", " GMT "];
  const at = line.indexOf(zone);
  if (!line.startsWith(key) || at < 0) return [];
  const end = Date.parse(line.slice(key.length, at + zone.length));
  return Number.isNaN(end) ? [] : [[line.slice(at + zone.length), end]];
}
