/** Which addresses move between which hosts, and in which order: decided before anything is changed. */
import { BlockList, isIPv4 } from "node:net";
import { fail, type HostInfo } from "showrunner";

/** An address as the user gives it. */
interface Wanted {
  readonly address: string;
  readonly routerId?: number | undefined;
  readonly priorities?: Readonly<Record<string, number>> | undefined;
}

/** An address as one host takes part in it. */
export interface Instance {
  readonly address: string;
  readonly routerId: number;
  readonly priority: number;
  /** Whether no other host has a higher priority. */
  readonly isPreferred: boolean;
}

type Host = Pick<HostInfo, "name" | "address">;

/** The host, and those that it shares addresses with. */
interface Sharing {
  readonly host: Host;
  readonly nodes: readonly Host[];
  /** All hosts of the inventory. */
  readonly hosts: readonly Host[];
}

/** The highest priority that is given by a host's place; keepalived's own are 1 to 254. */
const highest = 200;
const step = 10;

/**
 * What the host does for each address.
 *
 * @throws ShowrunnerError `task.failed` for what can't work: it says which address or host, and what to do
 */
export function instancesOf(wanted: readonly Wanted[], sharing: Sharing): readonly Instance[] {
  requireNodes(sharing);
  const { host, nodes, hosts } = sharing;
  const instances = wanted.map(({ address, routerId, priorities }, index) => {
    if (!isIPv4(address))
      fail(`addresses: "${address}" is no IPv4 address`, "give one like 10.0.0.10, without a prefix length");
    const owner = hosts.find((one) => one.address === address);
    if (owner)
      fail(
        `addresses: ${address} is the address of ${owner.name} itself, so it can't move`,
        "give an address of the same network that no host has",
      );
    const all = priorities ? given(address, priorities, nodes) : byPlace(nodes, index);
    const priority = all.get(host.name) ?? 0;
    const isPreferred = priority === Math.max(...all.values());
    return { address, routerId: routerId ?? defaultRouterId(address), priority, isPreferred };
  });
  requireDifferent(instances, "address", (value) => `addresses: ${value} is given twice`, "leave one out");
  requireDifferent(
    instances,
    "routerId",
    (value) => `addresses: two have the router id ${value}`,
    "give one of them another routerId, 1 to 255, that no other VRRP router of the network has",
  );
  return instances;
}

/** Unique where all addresses are of one network of 256. */
function defaultRouterId(address: string): number {
  return Number(address.split(".")[3]) || 255;
}

function requireNodes({ host, nodes }: Sharing): void {
  const names = nodes.map(({ name }) => name).join(", ");
  if (!nodes.some(({ name }) => name === host.name))
    fail(
      `nodes: it names ${names || "no host"}, and not ${host.name}, on which the role runs`,
      "let the pattern name all hosts that share the addresses",
    );
  if (nodes.length < 2)
    fail(
      `nodes: it names ${names} alone, so an address has nowhere to go`,
      "name two hosts, or leave the role out",
    );
  for (const { name, address } of nodes)
    if (!isIPv4(address))
      fail(
        `nodes: the address of ${name} in the inventory is "${address}", and keepalived needs an IPv4 address`,
        "give the host its IPv4 address of the network that the moving address is in",
      );
}

/** The first address prefers the first host, the second one the second, and so on. */
function byPlace(nodes: readonly Host[], index: number): ReadonlyMap<string, number> {
  return new Map(
    nodes.map((_, place) => [nodes[(place + index) % nodes.length]?.name ?? "", highest - step * place]),
  );
}

function given(
  address: string,
  priorities: Readonly<Record<string, number>>,
  nodes: readonly Host[],
): ReadonlyMap<string, number> {
  const names = new Set(nodes.map(({ name }) => name));
  const hint = `give each of ${[...names].join(", ")} a number of its own; the highest is preferred`;
  for (const name of Object.keys(priorities))
    if (!names.has(name)) fail(`priorities of ${address}: ${name} is not among the nodes`, hint);
  const owners = new Map<number, string>();
  for (const name of names) {
    const priority = priorities[name];
    if (priority === undefined) fail(`priorities of ${address}: ${name} has none`, hint);
    const other = owners.get(priority);
    if (other !== undefined)
      fail(`priorities of ${address}: ${other} and ${name} both have ${priority}`, hint);
    owners.set(priority, name);
  }
  return new Map([...owners].map(([priority, name]) => [name, priority]));
}

function requireDifferent<K extends "address" | "routerId">(
  instances: readonly Instance[],
  what: K,
  message: (value: Instance[K]) => string,
  hint: string,
): void {
  const seen = new Set<Instance[K]>();
  for (const { [what]: value } of instances) {
    if (seen.has(value)) fail(message(value), hint);
    seen.add(value);
  }
}

/**
 * Whether an address is one of a network's hosts.
 *
 * @param network an address of it with the length of its prefix: `10.0.0.11/24`
 */
export function isOfNetwork(address: string, network: string): boolean {
  const [base = "", prefix = ""] = network.split("/");
  const length = Number(prefix);
  if (!isIPv4(base) || prefix === "" || length > 31) return false;
  const subnet = new BlockList();
  subnet.addSubnet(base, length, "ipv4");
  const hosts = 2 ** (32 - length);
  const place = numberOf(address) % hosts;
  // the first address names the network, the last one is for all of its hosts
  return subnet.check(address, "ipv4") && (length === 31 || (place !== 0 && place !== hosts - 1));
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
