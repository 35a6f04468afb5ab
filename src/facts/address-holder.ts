/** Who holds an address of the host's own network, found by asking the network itself (ARP). */
import { defineFact, lines, rawScript, sh } from "../kit/index.ts";

/** An IPv4 address, and whose it may be. */
interface AskedAddress {
  readonly [name: string]: unknown;
  readonly address: string;
  /** The host's own address, which says on which interface to ask. */
  readonly own: string;
  /** Addresses of hosts that may hold it, too. */
  readonly others: readonly string[];
}

/** Where the host's own address is, and who holds the other one. */
export interface AddressHolder {
  readonly interface: string;
  /** The host's own address with the length of its prefix: `10.0.0.11/24`. */
  readonly network: string;
  /** A foreign host by its MAC address. */
  readonly holder: "nobody" | "self" | "other" | { readonly mac: string };
}

/**
 * Who holds an address; undefined where the host's own address is on none of its interfaces.
 *
 * Unlike other facts, this one alters something: the host's neighbour table, which the kernel fills again by itself. What
 * the host remembers of the address's last holder is forgotten first (as root). A datagram to the address then has the
 * kernel ask for it; a second without an answer means nobody. In that second the hosts that may hold it have to answer
 * for themselves, too.
 */
export const addressHolder = defineFact<AskedAddress, AddressHolder | undefined>({
  name: "net.addressHolder",
  about: "world",
  script: (keys) =>
    lines(
      rawScript(`ask() {
  ip neigh flush dev "$1" to "$2/32" 2>/dev/null
  bash -c 'echo >"/dev/udp/$0/9"' "$2" 2>/dev/null || ping -c 1 -W 1 -n -- "$2" >/dev/null 2>&1 || :
}
answered() {
  ip neigh show dev "$1" to "$2/32" | while read -r _ word mac _; do [ "$word" != lladdr ] || echo "$mac"; done
}
# whether it is known who the holder is: one of these, or none since all have answered
told() {
  every=yes
  for one; do
    mac=$(answered "$device" "$one")
    [ "$mac" != "$holder" ] || return 0
    [ -n "$mac" ] || every=
  done
  [ -n "$every" ]
}
look() {
  echo ==
  own=$1 device= network= holder=; shift
  while read -r _ name _ with _; do [ -n "$device" ] || device=$name network=$with; done <<end
$(ip -o -4 address show to "$own/32")
end
  [ -n "$device" ] || return 0
  printf '%s %s\\n' "$device" "$network"
  [ -z "$(ip -o -4 address show to "$1/32")" ] || { echo self; return 0; }
  for one; do ask "$device" "$one"; done
  address=$1; shift
  for try in 1 2 3 4 5 6 7 8 9 10; do
    holder=$(answered "$device" "$address")
    [ -z "$holder" ] || ! told "$@" || break
    sleep 0.1
  done
  [ -n "$holder" ] || return 0
  printf '%s\\n' "$holder"
  for one; do printf '%s\\n' "$(answered "$device" "$one")"; done
}
command -v ip >/dev/null || { echo "there is no ip here: install iproute2" >&2; exit 1; }`),
      ...keys.map(({ address, own, others }) => sh`look ${own} ${address} ${others}`),
    ),
  parse(stdout, keys) {
    const [, ...blocks] = stdout.toString().split("==\n");
    return new Map(keys.map((key, index) => [key, holderIn(blocks[index] ?? "")]));
  },
});

function holderIn(block: string): AddressHolder | undefined {
  const [where = "", first = "", ...others] = block.split("\n");
  const [name = "", network = ""] = where.split(" ");
  if (!/^[\w.:-]+$/.test(name)) return undefined;
  const at = { interface: name, network };
  if (first === "self") return { ...at, holder: "self" };
  if (first === "") return { ...at, holder: "nobody" };
  return { ...at, holder: others.includes(first) ? "other" : { mac: first } };
}
