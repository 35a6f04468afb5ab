/** One primary and its replicas: compares what the inventory says of them with what the servers say. Pure. */
import type { MysqlInfoValue } from "showrunner";

/** A host of the topology, and what was found there. */
export interface Node {
  readonly name: string;
  readonly address: string;
  /** What its server says; undefined where it could not be asked. */
  readonly info: MysqlInfoValue | undefined;
  /** Why it could not be asked. */
  readonly problem?: string;
}

/** The part that the inventory gives to a host. */
export interface Part {
  readonly self: string;
  readonly role: "primary" | "replica";
  /** For a replica: the primary's name or address. */
  readonly primary?: string | undefined;
}

interface Conflict {
  readonly problem: string;
  readonly hint: string;
}

/**
 * Finds what contradicts the part that the inventory gives to a host. A topology has one primary: the server that is written to,
 * holds data and replicates from nobody.
 */
export function conflictOf(part: Part, nodes: readonly Node[]): Conflict | undefined {
  const { self, role } = part;
  const own = nodes.find(({ name }) => name === self);
  const refuse = (problem: string): Conflict => ({
    problem: `${problem}. Seen: ${nodes.map(describe).join("; ")}`,
    hint: role === "primary" ? switchTo(self) : `nothing was changed. ${asIs}`,
  });
  const from = own?.info?.replicatesFrom;
  if (role === "primary" && from)
    return refuse(`${self} is to be the primary, but it replicates from ${from.host}:${from.port}`);

  const declared = role === "primary" ? own : nodeAt(nodes, part.primary);
  const root = declared && rootOf(declared, nodes);
  const live = nodes.filter(isLive);
  const other = live.find((node) => node !== root);
  if (other) return refuse(`${isTo(part)}, but ${other.name} is written to and replicates from nobody`);
  if (live.length > 0) return undefined;
  // nobody is written to: the primary has restarted, or the topology is new
  for (const node of nodes) {
    const source = nodeAt(nodes, node.info?.replicatesFrom?.host);
    if (source && source !== root && source.info && !source.info.replicatesFrom)
      return refuse(`${isTo(part)}, but ${node.name} replicates from ${source.name}`);
  }
  return role === "primary" && own ? unsafe(own, nodes, refuse) : undefined;
}

/** Why a server that is not written to must not be put in service; undefined where it may. */
function unsafe(
  own: Node,
  nodes: readonly Node[],
  refuse: (problem: string) => Conflict,
): Conflict | undefined {
  const others = nodes.filter((node) => node !== own);
  const silent = others.find(
    ({ info }) => info === undefined || (info.engine !== undefined && !info.running),
  );
  if (silent && holdsData(own))
    return {
      ...refuse(
        `${own.name} can't be put in service: nobody knows whether another server has taken its place, since ${silent.name} ${silence(silent)}`,
      ),
      hint: `nothing was changed. Start ${silent.name}; or, if ${silent.name} is gone for good, take it out of the inventory`,
    };
  for (const node of others) {
    const ahead = missing(own, node);
    if (ahead.length > 0)
      return refuse(
        `${own.name} is to be the primary, but ${node.name} has ${ahead.join(", ")}, which ${own.name} lacks`,
      );
  }
  return undefined;
}

/** The transactions that another server has and that the future primary lacks. */
function missing(own: Node, { info }: Node): string[] {
  if (!info || (!info.replicatesFrom && !holdsDatabases(info))) return [];
  const mine = (own.info?.gtids ?? []).map(parse);
  // what a replica wrote itself is a fault of that replica, and is told there
  const isReplica = info.replicatesFrom !== undefined && own.info !== undefined && holdsData(own);
  const ahead = info.gtids.filter((text) => {
    const { stream, server, sequence } = parse(text);
    if (isReplica && server === info.serverId) return false;
    return !mine.some((one) => one.stream === stream && one.sequence >= sequence);
  });
  return [...new Set(ahead)];
}

function parse(gtid: string) {
  const [domain = "", server = "", sequence = "0"] = gtid.split("-");
  return { stream: `${domain}-${server}`, server: Number(server), sequence: BigInt(sequence) };
}

/** The node at the beginning of the chain that a node replicates from. */
function rootOf(node: Node, nodes: readonly Node[]): Node {
  let root = node;
  for (const _ of nodes) root = nodeAt(nodes, root.info?.replicatesFrom?.host) ?? root;
  return root;
}

/** The node with this name or address. */
export function nodeAt(nodes: readonly Node[], host: string | undefined): Node | undefined {
  return nodes.find(({ name, address }) => host === name || host === address);
}

function isLive(node: Node): boolean {
  const { info } = node;
  return info?.readOnly === false && !info.replicatesFrom && holdsData(node);
}

function holdsDatabases({ databases, accounts }: MysqlInfoValue): boolean {
  return databases.length > 0 || accounts.length > 0;
}

function holdsData({ info }: Node): boolean {
  return info !== undefined && holdsDatabases(info);
}

function isTo({ self, role, primary }: Part): string {
  return role === "primary"
    ? `${self} is to be the primary`
    : `${self} is to replicate from ${primary ?? "its primary"}`;
}

function silence({ info, problem }: Node): string {
  return info
    ? "has a server that does not answer"
    : `could not be asked (${problem ?? "it is unknown why"})`;
}

/** `db1: read-only, replicates from nobody, holds site` */
function describe(node: Node): string {
  const { name, info } = node;
  if (!info) return `${name} ${silence(node)}`;
  if (info.engine === undefined) return `${name}: no server`;
  if (!info.running) return `${name} ${silence(node)}`;
  const { replicatesFrom: from, databases } = info;
  return [
    `${name}: ${info.readOnly ? "read-only" : "written to"}`,
    from
      ? `replicates from ${from.host}:${from.port}${from.running ? "" : " (not running)"}`
      : "replicates from nobody",
    databases.length > 0 ? `holds ${databases.join(", ")}` : "holds no databases",
  ].join(", ");
}

const asIs = "If the inventory is out of date, give each host the part there that it has now";

function switchTo(name: string): string {
  return `nothing was changed. ${asIs}. To make ${name} the primary: stop writes on the present primary (mysqlVariable({ name: "read_only", value: true })), wait until ${name} has applied them all, remove the replication of ${name} (mysqlReplication({ state: "absent" })), point the other replicas to ${name}, and run this again. There is no playbook for a switchover yet`;
}
