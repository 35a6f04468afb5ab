/** What APT keeps in files of its own, read by one process: what came along with others, and what it was cut off at. */
import { lines, rawScript, type Script, sh } from "../kit/index.ts";

/** Where APT keeps its marks, and what it does. */
const extendedStates = "/var/lib/apt/extended_states";
const history = "/var/log/apt/history.log";

/** Stanzas: `Package: libpsl5`, `Architecture: amd64`, `Auto-Installed: 1`. Whatever is no path is asked for. */
const marks = `BEGIN { for (i = 1; i < ARGC; i++) if (ARGV[i] !~ /^\\//) { asked[ARGV[i]] = 1; ARGV[i] = "" } }
$1 == "Package:" { name = $2 }
$1 == "Architecture:" { architecture = $2 }
$1 == "Auto-Installed:" && $2 == 1 && (name in asked) { print name ":" architecture }`;

/** What stands before the list of an installation that was cut off. */
const listMark = "== cut off";

/**
 * An entry without an End-Date is of an installation that was cut off, unless it still runs. So is one with an Error,
 * unless dpkg ended by itself and `returned an error code`: that is a failure, which was told.
 */
const cutOff = `/^Start-Date:/ { open = 1; killed = 0; list = "" } /^Install:/ { list = $0 }
/^Error:/ && !/returned an error code/ { killed = 1 } /^End-Date:/ { open = killed }
END { if (open && list != "") print "${listMark}\\n" list }`;

/**
 * Prints those of the packages that APT has marked as automatic, as `libpsl5:amd64`.
 *
 * @param names shell words
 */
export function printAutomatic(names: Script): Script {
  return sh`[ ! -r ${extendedStates} ] || awk ${marks} ${extendedStates} ${names}`;
}

/**
 * Prints the same, and where an installation was cut off what it was to bring, the host's architecture and the packages
 * that dpkg knows.
 */
export function printRecords(names: readonly string[]): Script {
  return lines(
    rawScript(`files= list=
for file in ${extendedStates} ${history}; do [ ! -r $file ] || files="$files $file"; done`),
    sh`[ -z "$files" ] || list=$(awk ${`${marks}\n${cutOff}`} $files ${names}) || exit`,
    rawScript(`is_cut_off=
case $list in *'${listMark}'*)
  is_cut_off=yes
  for process in /proc/[0-9]*; do
    { read -r name <"$process/comm"; } 2>/dev/null || continue
    case $name in dpkg | apt | apt-get | aptitude) is_cut_off= list=\${list%%'${listMark}'*} && break ;; esac
  done ;;
esac
printf '%s\\n' "$list"
[ -z "$is_cut_off" ] || {
  dpkg --print-architecture
  dpkg-query -W -f '\${db:Status-Abbrev}\\t\${Package}\\t\${Architecture}\\n'
}`),
  );
}

/** Both parts of what `printRecords` has printed: the marks, a line each, and what was cut off, empty where nothing was. */
export function recordsIn(stdout: string): {
  readonly automatic: readonly string[];
  readonly cutOff: string;
} {
  const [automatic = "", cutOff = ""] = stdout.split(`${listMark}\n`);
  return { automatic: automatic.split("\n"), cutOff };
}
