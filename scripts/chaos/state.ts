/** What a host is like, as lines that can be compared. */
import { type LabSpec, run } from "../../src/lab/index.ts";

/** What differs between two hosts that are alike: logs, caches, locks, time stamps, backups, a server's own files. */
const volatile = [
  "/proc",
  "/sys",
  "/dev",
  "/run",
  "/var/log",
  "/var/cache",
  "/var/backups",
  "/var/lib/apt/lists",
  "/var/lib/mysql",
  "/var/lib/private",
  "/var/lib/systemd",
  "/tmp/systemd-private-*",
  "/var/tmp/systemd-private-*",
  "/tmp/.*",
];

/** Files whose name counts and whose size doesn't. */
const grows = /^file (\/var\/lib\/dpkg\/|\/etc\/ld\.so\.cache|\/var\/lib\/ucf\/|\S+\.pyc )/;

/** Keys and certificates, which are others on each host that is made: that they are there counts, and whose they are. */
const made =
  /^(file|sum \w+) +(\/etc\/(authority|haproxy\/certificates|ssl\/(site|requests))\/\S+|\/etc\/ssl\/certs\/ca-certificates\.crt|\/usr\/local\/share\/ca-certificates\/\S+)/;

/**
 * What a loss of power at the wrong moment leaves for ever and nobody reads: the file that an account tool makes a lock
 * from, or writes anew; what apt and Python write before they rename it; the folders of pending handlers, with no record in them.
 */
const debris =
  /^other \/var\/lib\/showrunner(\/owed)? |^(file|sum \w+) +(\/etc\/(passwd|group|g?shadow|sub[ug]id)(\.\d+|\+)|\/var\/lib\/apt\/extended_states\.\w{6}|\S+\.pyc\.\d+)( |$)/;

/** Hosts that run services are asked whether these have the configuration that is on the disk. */
const configured = {
  nginx: ["/etc/nginx/conf.d", "/etc/nginx/sites-enabled", "/etc/ssl/site"],
  haproxy: ["/etc/haproxy/haproxy.cfg", "/etc/haproxy/certificates"],
  mariadb: ["/etc/mysql/mariadb.conf.d/90-showrunner.cnf"],
  // which release has served is noted after the start
  guestbook: [
    "/etc/guestbook/environment",
    "/etc/systemd/system/guestbook.service",
    "/srv/guestbook/releases",
    "/srv/guestbook/current",
  ],
};

const prune = volatile.map((path) => `-path '${path}'`).join(" -o ");

const script = `
export LC_ALL=C
find / -xdev \\( ${prune} \\) -prune -o -type f -printf 'file %p %m %u:%g %s\\n' -o -type l -printf 'link %p %l\\n' -o -printf 'other %p %y %m %u:%g\\n'
find /etc /srv /root /home /opt /usr/local -xdev -type f ! -name '*.pyc' ! -path '/etc/ld.so.cache' ! -name '*-' -exec sha256sum {} + | sed 's/^/sum /'
dpkg-query -W -f 'package \${db:Status-Abbrev} \${Package} \${Version}\\n'
apt-mark showmanual | sed 's/^/wanted package /'
dpkg --audit | sed 's/^/dpkg is not content: /'
cut -d: -f1,6,7 /etc/passwd | sed 's/^/user /'
cut -d: -f1,4 /etc/group | sed 's/^/group /'
systemctl list-unit-files --no-legend --no-pager | awk '{print "unit file " $1 " " $2}'
systemctl list-units --no-legend --no-pager --plain --type=service --state=running | awk '{print "running " $1}'
systemctl list-units --no-legend --no-pager --plain --state=failed | awk '{print "failed " $1}'
ps -eo user:32,args --no-headers | awk '$1 == "deploy" && $2 !~ /systemd|sd-pam/ {print "process " $0}'
ps -eo args --no-headers | grep -E '^([^ ]*/)?(apt-get|dpkg|sh -c|sudo) ' | sed 's/^/process /'
now=$(date +%s)
freshness() { # unit, configuration...: is the youngest of its processes younger than that?
  unit=$1; shift
  [ -e "$1" ] && systemctl -q is-active "$unit" || return 0
  written=$(find "$@" \\( -type f -o -type l \\) ! -name '*.pyc' -printf '%T@\\n' | sort -n | tail -1); written=\${written%.*}
  group=$(systemctl show -p ControlGroup --value "$unit")
  ages=$(ps -o etimes= -p "$(find /sys/fs/cgroup/$group /sys/fs/cgroup/unified/$group /sys/fs/cgroup/systemd/$group -name cgroup.procs -exec cat {} + 2>/dev/null | tr '\\n' ',' | sed 's/,$//')" | sort -n | head -1)
  [ $((now - ages + 1)) -ge "$written" ] && echo "$unit has its configuration" || echo "$unit is older than its configuration"
}
${Object.entries(configured)
  .map(([unit, paths]) => `freshness ${unit} ${paths.join(" ")}`)
  .join("\n")}
if command -v mariadb >/dev/null; then
  sql() { mariadb -N -B -e "$1" | sed "s/^/database: /"; }
  sql "SELECT @@server_id, @@log_bin, @@read_only, @@bind_address, @@port"
  sql "SHOW DATABASES"
  sql "SELECT table_schema, table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = 'site'"
  mariadb -N -B -e "SELECT CONCAT('SHOW GRANTS FOR ', QUOTE(User), '@', QUOTE(Host), ';') FROM mysql.global_priv WHERE User <> 'PUBLIC'" | mariadb -N -B | sed 's/^/grant: /'
  mariadb -e "SHOW SLAVE STATUS\\G" | grep -E 'Slave_(IO|SQL)_Running:|Master_(Host|User|Port):|Last_.*Error:|Using_Gtid' | sed 's/^ */replica: /'
  case $(mariadb -N -B -e "SHOW TABLES FROM site" 2>&1) in *notes*) sql "SELECT COUNT(*), 'notes' FROM site.notes" ;; esac
fi
true
`;

/** Each host's lines. */
export type State = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads all hosts, from outside: no SSH session of ours is part of the picture. */
export async function readState(spec: LabSpec): Promise<State> {
  const read = await Promise.all(
    spec.hosts.map(async ({ name }): Promise<[string, ReadonlySet<string>]> => {
      const text = await run(spec, name, ["sh", "-c", script]);
      return [
        name,
        new Set(
          text
            .split("\n")
            .filter((line) => line !== "" && !debris.test(line))
            .map(simplified),
        ),
      ];
    }),
  );
  for (const [host, lines] of read)
    if (lines.size < 5_000) throw new Error(`${host}: only ${lines.size} lines describe it`);
  return new Map(read);
}

/** What is expected and not there with `-`, what is there and not expected with `+`. */
export function differences(expected: State, actual: State): string[] {
  return [...expected].flatMap(([host, lines]) => {
    const now = actual.get(host) ?? new Set();
    return [
      ...[...lines].filter((line) => !now.has(line)).map((line) => `${host}: - ${line}`),
      ...[...now].filter((line) => !lines.has(line)).map((line) => `${host}: + ${line}`),
    ];
  });
}

function simplified(line: string): string {
  if (made.test(line)) return line.replace(/^sum \w+/, "sum").replace(/^(file .*) \d+$/, "$1");
  return grows.test(line) ? line.replace(/ \d+$/, "") : line;
}
