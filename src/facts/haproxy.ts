/** What a running HAProxy says of its servers, over its admin socket. */
import { defineFact, lines, rawScript, type Script, sh } from "../kit/index.ts";

/** A server by its name, in whatever backends have it. */
interface ServerKey {
  readonly [name: string]: unknown;
  /** The path of HAProxy's admin socket. */
  readonly socket: string;
  readonly server: string;
}

/** What an administrator can set of a server while HAProxy runs. */
export type HaproxyState = "ready" | "drain" | "maintenance";

/** What was set of a server in one backend. */
export interface HaproxySetting {
  readonly backend: string;
  readonly state: HaproxyState;
  readonly weight: number;
}

/** The settings of a server in each backend that has it. */
export type HaproxySettings =
  | {
      readonly running: true;
      readonly servers: readonly HaproxySetting[];
      /** Where there is none of that name: some that there are, as `backend/server`. */
      readonly others?: readonly string[];
    }
  | { readonly running: false; readonly problem: string };

/** What a server does in one backend: it changes by itself. */
export interface HaproxyTraffic {
  readonly backend: string;
  /** How many sessions it has, and how many wait for it. */
  readonly sessions: number;
  /** HAProxy's words: `UP`, `DOWN`, `UP 1/3`, `MAINT`, `DRAIN`, `no check`. */
  readonly status: string;
  /** HAProxy's word for its last health check: `L7OK`, `L4CON`; empty where there is none. */
  readonly check: string;
}

/** The admin socket is HAProxy's alone: an answer has a line of some 600 bytes for each server. */
const longestAnswer = 16 * 1024 * 1024;

/**
 * Asks a unix socket. Neither a shell nor HAProxy's package can; Perl can, and each Debian has it (`perl-base` is
 * essential).
 */
const ask = `use Socket;
sub ask {
  my ($path, $command) = @_;
  -l $path and die "it is a link\\n";
  local $SIG{ALRM} = sub { die "no answer within 10 seconds\\n" };
  alarm 10;
  socket(my $socket, PF_UNIX, SOCK_STREAM, 0) or die "$!\\n";
  connect($socket, pack_sockaddr_un($path)) or die "$!\\n";
  syswrite($socket, "$command\\n") or die "$!\\n";
  my $answer = "";
  while (my $got = sysread $socket, $answer, 65536, length $answer) {
    length $answer > ${longestAnswer} and die "its answer is too long\\n";
  }
  alarm 0;
  return $answer;
}
`;

const needsPerl = rawScript(
  'command -v perl >/dev/null || { echo "there is no perl here, by which HAProxy is asked: install perl-base" >&2; exit 1; }',
);

/**
 * Prints, for each socket by its number, a line for each server of a name that is asked for: what was set, and what it
 * does. The words of a line are parted by tabs.
 */
const report = `my $number = -1;
while (my ($path, $names) = splice @ARGV, 0, 2) {
  $number++;
  my $answer = eval { ask($path, "show servers state;show stat -1 4 -1") };
  unless (defined $answer) { my $why = $@; $why =~ s/\\s+/ /g; print "$number\\t!\\t$why\\n"; next }
  my %wanted = map { $_ => 1 } split / /, $names;
  my (%found, @others);
  for (split /\\n/, $answer) {
    my @set = split / /, $_, 26;
    if (@set > 17 && $set[0] ne "#") {
      if ($wanted{$set[3]}) { $found{$set[3]} = 1; print join("\\t", $number, "set", @set[3, 1, 6, 7]), "\\n" }
      elsif (@others < 20) { push @others, "$set[1]/$set[3]" }
    }
    my @does = split /,/, $_, 38;
    print join("\\t", $number, "does", @does[1, 0, 2, 4, 17, 36]), "\\n" if @does > 37 && $wanted{$does[1]};
  }
  print "$number\\tothers\\t@others\\n" if grep { !$found{$_} } keys %wanted;
}
`;

/** Flags of `srv_admin_state` that an administrator sets; the others follow from the configuration. */
const forced = { maintenance: 0x01, drain: 0x08 };

/** What was set of a server. Only an administrator changes it; but for a weight, a new configuration keeps it. */
export const haproxySettings = defineFact<ServerKey, HaproxySettings>({
  name: "haproxy.settings",
  about: "services",
  mayArrive: (_, value) => !value.running,
  script: askSockets,
  parse: (stdout, keys) => {
    const said = readReport(stdout);
    return byKey(keys, (socket, name): HaproxySettings => {
      const problem = said.problems.get(socket);
      if (problem !== undefined || !said.sockets.has(socket))
        return { running: false, problem: problem ?? "no answer" };
      const servers = (said.set.get(`${socket} ${name}`) ?? []).map(([backend = "", flags, weight]) => ({
        backend,
        state: stateOf(Number(flags)),
        weight: Number(weight),
      }));
      return servers.length > 0
        ? { running: true, servers }
        : { running: true, servers, others: said.others.get(socket) ?? [] };
    });
  },
});

/** What a server does, in each backend that has it; empty where HAProxy does not answer. */
export const haproxyTraffic = defineFact<ServerKey, readonly HaproxyTraffic[]>({
  name: "haproxy.traffic",
  about: "world",
  mostlyOwn: true,
  lasting: () => undefined,
  script: askSockets,
  parse: (stdout, keys) => {
    const said = readReport(stdout);
    return byKey(keys, (socket, name) => trafficOf(said, socket, name));
  },
});

/** Where the role `haproxy` has HAProxy find what was set of its servers, after a crash as well. */
export const savedState = "/var/lib/haproxy/server-state";

/** The role brings it; where it is not there, nothing is saved. */
const save = rawScript(
  'keeper=/usr/local/lib/haproxy/save-server-state; [ ! -x "$keeper" ] || [ "$(id -u)" != 0 ] || "$keeper"',
);

/**
 * A script that gives HAProxy a command, and fails with what HAProxy says against it. Then it prints what `trafficIn`
 * reads.
 */
export function commandHaproxy({ socket, server }: ServerKey, command: string): Script {
  const program = `${ask}
my $said = eval { ask($ARGV[0], pop @ARGV) };
defined $said or die "HAProxy does not answer at $ARGV[0]: $@";
$said =~ s/^\\s+|\\s+$//g;
$said eq "" or die "HAProxy says: $said\\n";
${report}`;
  return lines(needsPerl, sh`perl -e ${program} -- ${socket} ${server} ${command} || exit`, save);
}

/** What a server does, from what the script of a command printed. */
export function trafficIn(stdout: Buffer, key: ServerKey): readonly HaproxyTraffic[] {
  return trafficOf(readReport(stdout), "0", key.server);
}

/** The sockets asked, each once, in the order of their numbers. */
function socketsOf(keys: readonly ServerKey[]): string[] {
  return [...new Set(keys.map(({ socket }) => socket))];
}

function askSockets(keys: readonly ServerKey[]): Script {
  const words = socketsOf(keys).flatMap((socket) => {
    const names = keys.filter((key) => key.socket === socket).map(({ server }) => server);
    return [socket, [...new Set(names)].join(" ")];
  });
  return lines(needsPerl, sh`perl -e ${ask + report} -- ${words}`, rawScript("echo end"));
}

interface Report {
  /** Sockets that answered, by their numbers. */
  readonly sockets: Set<string>;
  readonly problems: Map<string, string>;
  readonly others: Map<string, string[]>;
  /** Words of each line, by the socket's number and the server's name. */
  readonly set: Map<string, string[][]>;
  readonly does: Map<string, string[][]>;
}

function readReport(stdout: Buffer): Report {
  const said: Report = {
    sockets: new Set(),
    problems: new Map(),
    others: new Map(),
    set: new Map(),
    does: new Map(),
  };
  for (const line of stdout.toString().split("\n")) {
    const [socket = "", kind = "", first = "", ...words] = line.split("\t");
    if (kind === "!") said.problems.set(socket, first.trim());
    else if (kind !== "") said.sockets.add(socket);
    if (kind === "others") said.others.set(socket, first === "" ? [] : first.split(" "));
    if (kind !== "set" && kind !== "does") continue;
    const key = `${socket} ${first}`;
    const known = said[kind].get(key);
    if (known) known.push(words);
    else said[kind].set(key, [words]);
  }
  return said;
}

function byKey<V>(
  keys: readonly ServerKey[],
  value: (socket: string, server: string) => V,
): ReadonlyMap<ServerKey, V> {
  const numbers = new Map(socketsOf(keys).map((socket, number) => [socket, String(number)]));
  return new Map(keys.map((key) => [key, value(numbers.get(key.socket) ?? "", key.server)]));
}

/** @param socket its number */
function trafficOf({ does }: Report, socket: string, name: string): HaproxyTraffic[] {
  return (does.get(`${socket} ${name}`) ?? []).map(
    ([backend = "", queued, open, status = "", check = ""]) => ({
      backend,
      sessions: Number(queued) + Number(open),
      status,
      check,
    }),
  );
}

function stateOf(flags: number): HaproxyState {
  if ((flags & forced.maintenance) !== 0) return "maintenance";
  return (flags & forced.drain) !== 0 ? "drain" : "ready";
}
