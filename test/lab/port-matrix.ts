/**
 * Which ports each host of a site reaches on each other one, found by trying, beside what the inventory's words say. The
 * expectation is worked out here, from names alone: the rules of the firewall have no part in it.
 */
import { execFile } from "node:child_process";
import { isIP } from "node:net";
import { promisify } from "node:util";
import type { Inventory } from "../../src/inventory/index.ts";

/** Runs a command as root on a host of the site. */
export type Inside = (host: string, ...command: string[]) => Promise<string>;

/** Someone who tries ports: a host of the site, or this machine. */
interface Prober {
  readonly name: string;
  /** The words of a rule's `from` that mean it, apart from its groups and `anywhere`. */
  readonly words: readonly string[];
  /** The interface to the site's network. */
  readonly device: string;
  probe(words: readonly string[]): Promise<string>;
}

interface Place {
  readonly host: string;
  readonly family: "IPv4" | "IPv6";
  /** Of IPv6: the host's own address of the link. */
  readonly address: string;
}

/** What came of walking the whole matrix. */
export interface Walked {
  readonly probes: number;
  /** What is let through and should not be, or the other way round: `web1 → db1 port 22 by IPv4: let through`. */
  readonly wrong: readonly string[];
  /** What the inventory lets through by IPv4, and where nothing listens. */
  readonly silent: readonly string[];
}

/** Of a firewall that drops no answer comes at all. */
type Found = "open" | "closed" | "dropped";

/** Nobody listens there, and no rule names it. */
const unused = 2222;

/** Tries all places at the same time, for three seconds, and says of each what came of it. */
const tryAll = `use strict; use Socket qw(:all); use Fcntl; use Errno qw(EINPROGRESS);
my ($source, @places) = @ARGV; my %waiting;
for my $place (@places) {
  my ($address, $port) = split /,/, $place;
  my ($error, $info) = getaddrinfo($address, $port, { flags => AI_NUMERICHOST, socktype => SOCK_STREAM });
  die "$place: $error" if $error;
  socket(my $socket, $info->{family}, SOCK_STREAM, 0) or die "socket: $!";
  bind($socket, pack_sockaddr_in(0, inet_aton($source))) or die "bind: $!" if $source && $info->{family} == AF_INET;
  fcntl($socket, F_SETFL, fcntl($socket, F_GETFL, 0) | O_NONBLOCK);
  if (connect($socket, $info->{addr})) { print "$place open\\n" }
  elsif ($! == EINPROGRESS) { $waiting{fileno $socket} = [$socket, $place] }
  else { print "$place closed\\n" }
}
my $until = time + 4;
while (%waiting && time < $until) {
  my $set = ""; vec($set, $_, 1) = 1 for keys %waiting;
  last if select(undef, my $ready = $set, undef, $until - time) < 1;
  for my $number (grep { vec($ready, $_, 1) } keys %waiting) {
    my ($socket, $place) = @{ delete $waiting{$number} };
    print $place, unpack("i", getsockopt($socket, SOL_SOCKET, SO_ERROR)) == 0 ? " open\\n" : " closed\\n";
  }
}
print "$_->[1] dropped\\n" for values %waiting;
`;

/**
 * Tries every port that anything listens on or that a rule names, and one more, from every host, from this machine and
 * from a stranger of the same network, over IPv4 and IPv6.
 *
 * @param bridge this machine's interface to the lab
 * @param stranger a free address of the lab's network: it is this machine's for the time being
 */
export async function walkPorts(
  inventory: Inventory,
  inside: Inside,
  { bridge, stranger }: { readonly bridge: string; readonly stranger: string },
): Promise<Walked> {
  const hosts = [...inventory.hosts.keys()];
  requireSimpleWords(inventory);
  const [listening, links] = await Promise.all([
    Promise.all(hosts.map((host) => inside(host, "ss", "-Hltn"))),
    Promise.all(hosts.map((host) => inside(host, "ip", "-6", "-o", "address", "show", "dev", "host0"))),
  ]);
  const ports = new Set([
    unused,
    ...inventory.traffic.flatMap(({ protocol, ports: named }) => (protocol === "tcp" ? named : [])),
    ...listening.flatMap((text) => [...text.matchAll(/\S:(\d+) +\S+:\*/g)].map(([, port]) => Number(port))),
  ]);
  const places = hosts.flatMap((host, index): Place[] => {
    const link = /\bfe80::[0-9a-f:]+/.exec(links[index] ?? "")?.[0];
    if (link === undefined) throw new Error(`${host} has no IPv6 address: ${links[index]}`);
    return [
      { host, family: "IPv4", address: inventory.host(host).address },
      { host, family: "IPv6", address: link },
    ];
  });
  const here = (source: string) => (words: readonly string[]) =>
    promisify(execFile)("perl", ["-e", tryAll, source, ...words]).then(({ stdout }) => stdout);
  const gateway = stranger.replace(/\d+$/, "1");
  const probers: Prober[] = [
    ...hosts.map((host) => ({
      name: host,
      words: [host, inventory.host(host).address],
      device: "host0",
      probe: (words: readonly string[]) => inside(host, "perl", "-e", tryAll, "", ...words),
    })),
    { name: "this machine", words: [gateway], device: bridge, probe: here(gateway) },
    { name: "a stranger", words: [stranger], device: bridge, probe: here(stranger) },
  ];
  await promisify(execFile)("ip", ["address", "replace", `${stranger}/32`, "dev", bridge]);
  try {
    const rows = await Promise.all(probers.map((prober) => walkFrom(prober, places, [...ports], inventory)));
    return {
      probes: rows.reduce((sum, { probes }) => sum + probes, 0),
      wrong: rows.flatMap(({ wrong }) => wrong),
      silent: [...new Set(rows.flatMap(({ silent }) => silent))],
    };
  } finally {
    await promisify(execFile)("ip", ["address", "delete", `${stranger}/32`, "dev", bridge]);
  }
}

async function walkFrom(
  prober: Prober,
  places: readonly Place[],
  ports: readonly number[],
  inventory: Inventory,
): Promise<Walked> {
  const tries = places.flatMap((place) => ports.map((port) => ({ ...place, port })));
  const wordOf = ({ address, family, port }: Place & { port: number }) =>
    `${address}${family === "IPv6" ? `%${prober.device}` : ""},${port}`;
  const text = await prober.probe(tries.map(wordOf));
  const found = new Map(
    [...text.matchAll(/(\S+,\d+) (open|closed|dropped)/g)].map(([, word = "", what]) => [
      word,
      what as Found,
    ]),
  );
  const wrong: string[] = [];
  const silent: string[] = [];
  for (const one of tries) {
    const what = found.get(wordOf(one));
    if (what === undefined) throw new Error(`${prober.name} did not try ${wordOf(one)}: ${text}`);
    const may = mayReach(prober, one, inventory);
    const line = `${prober.name} → ${one.host} port ${one.port} by ${one.family}`;
    if (may !== (what !== "dropped")) wrong.push(`${line}: ${may ? "dropped" : "let through"}`);
    if (may && what === "closed" && one.family === "IPv4" && one.port !== unused && one.host !== prober.name)
      silent.push(`${one.host} port ${one.port}`);
  }
  return { probes: tries.length, wrong, silent };
}

/** By the inventory's words: its hosts are known by IPv4, so over IPv6 only `anywhere` means one. */
function mayReach(prober: Prober, target: Place & { port: number }, inventory: Inventory): boolean {
  if (prober.name === target.host) return true;
  const isIn = (host: string, word: string) =>
    word === host || (inventory.groups.get(word)?.hosts ?? []).some(({ name }) => name === host);
  const isMeant = (word: string) => {
    if (word === "anywhere") return true;
    if (target.family === "IPv6") return false;
    return prober.words.includes(word) || (inventory.hosts.has(prober.name) && isIn(prober.name, word));
  };
  return inventory.traffic.some(
    ({ protocol, ports, from, to }) =>
      protocol === "tcp" && ports.includes(target.port) && isIn(target.host, to) && from.some(isMeant),
  );
}

/** A pattern such as `web:!web2` would need a second reading of patterns here. */
function requireSimpleWords({ traffic, groups, hosts }: Inventory): void {
  const isSimple = (word: string) =>
    word === "anywhere" || groups.has(word) || hosts.has(word) || isIP(word) !== 0;
  const odd = traffic.flatMap(({ from, to }) => [...from, to]).filter((word) => !isSimple(word));
  if (odd.length > 0) throw new Error(`the walk of the ports does not know what "${odd.join('", "')}" means`);
}
