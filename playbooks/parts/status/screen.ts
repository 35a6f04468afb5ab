/** The whole site on one screen, as text: what was seen, and what of it is not as it should be. */
import type { BalancerState } from "../balancer-state.ts";
import { notReadIn } from "../not-read.ts";
import type { HostLook } from "./host-look.ts";

/** A web server in the pool of one balancer. */
export interface PoolServer {
  readonly server: string;
  /** What was set: `ready`, `drain`, `maintenance`. */
  readonly state: string;
  /** HAProxy's word: `UP`, `DOWN`. */
  readonly status: string;
  /** HAProxy's word for the last health check. */
  readonly check: string;
}

/** What was seen of a host. */
export interface SeenHost {
  readonly name: string;
  readonly address: string;
  readonly groups: readonly string[];
  /** Why it could not be looked at. */
  readonly down?: string;
  readonly look?: HostLook;
  readonly balancer?: BalancerState;
  /** Undefined where HAProxy did not answer. */
  readonly pool?: readonly PoolServer[];
}

export interface Seen {
  readonly domain: string;
  readonly hosts: readonly SeenHost[];
  /** Addresses that one balancer has to hold. */
  readonly addresses: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Screen {
  readonly lines: readonly string[];
  /** What is not as it should be; empty where all is well. */
  readonly problems: readonly string[];
}

const width = 80;
const day = 24 * 60 * 60 * 1000;
/** A replica that is further behind is not well. Seconds. */
const muchLag = 60;
/** A certificate that ends sooner should have been renewed. */
const fewDays = 14;

export function screenOf(seen: Seen): Screen {
  const problems = [
    ...seen.hosts.flatMap((host) => problemsOf(host, seen)),
    ...outOfService(seen),
    ...problemsOfAll(seen),
  ];
  const isBad = (name: string) => problems.some((text) => text.startsWith(`${name}: `));
  const when = new Date(seen.now).toISOString().slice(0, 16).replace("T", " ");
  const verdict = problems.length === 0 ? "all is well" : count(problems.length, "problem");
  return {
    lines: [
      `${seen.domain}, ${count(seen.hosts.length, "host")}, ${when} UTC: ${verdict}`,
      "",
      ...seen.hosts.flatMap((host) => hostLines(host, seen, isBad(host.name))),
      ...poolLines(seen),
      ...(problems.length > 0 ? ["", ...problems.flatMap((text) => wrapped("! ", text))] : []),
    ].map((line) => line.trimEnd()),
    problems,
  };
}

function hostLines(host: SeenHost, { hosts, now }: Seen, isBad: boolean): string[] {
  const names = longest(
    hosts.map(({ name }) => name),
    16,
  );
  const addresses = longest(
    hosts.map(({ address }) => address),
    15,
  );
  const mark = isBad ? "! " : "  ";
  const first = `${mark}${cut(host.name, names)}  ${cut(host.address, addresses)}  `;
  if (host.down !== undefined) return [cut(`${first}DOWN`, width)];
  return wrapped(first, [servicesOf(host), ...detailsOf(host, hosts, now)].filter(Boolean).join("; "));
}

function servicesOf({ look }: SeenHost): string {
  return [...(look?.units ?? [])]
    .map(([unit, state]) => (state === "active" ? unit : `${unit} ${state}`))
    .join(", ");
}

function detailsOf({ look, balancer, groups }: SeenHost, hosts: readonly SeenHost[], now: number): string[] {
  const held = balancer?.addresses.filter((one) => one.held).map(({ address }) => address) ?? [];
  const nameOf = (address: string) => hosts.find((one) => one.address === address)?.name ?? address;
  const { database } = look ?? {};
  const ends = [...(look?.certificates.values() ?? [])];
  return [
    ...(held.length > 0 ? [`holds ${held.join(", ")}`] : []),
    ...(balancer && balancer.addresses.length > 0 && held.length === 0 ? ["stands by"] : []),
    ...(look && look.release !== "" ? [`release ${look.release.slice(0, 12)}`] : []),
    ...(groups.includes("db_primary") && database
      ? [`primary${database.readOnly ? ", read-only" : ""}`]
      : []),
    ...(database?.replica
      ? [`replica of ${nameOf(database.replica.primary)}, ${database.replica.lag ?? "?"} s behind`]
      : []),
    ...(ends.length > 0 ? [`certificate ${daysUntil(Math.min(...ends), now)} d`] : []),
  ];
}

/** A row for each web server, a column for each balancer. */
function poolLines({ hosts }: Seen): string[] {
  const balancers = hosts.filter(({ pool }) => pool !== undefined);
  const servers = [...new Set(balancers.flatMap(({ pool = [] }) => pool.map(({ server }) => server)))];
  if (servers.length === 0) return [];
  const names = Math.max("in the pool".length, longest(servers, 16));
  const column = Math.max(8, Math.min(20, Math.floor((width - names - 4) / balancers.length) - 2));
  const row = (mark: string, name: string, cells: readonly string[]) =>
    `${mark}${cut(name, names)}  ${cells.map((cell) => cut(cell, column)).join("  ")}`.slice(0, width);
  return [
    "",
    row(
      "  ",
      "in the pool",
      balancers.map(({ name }) => name),
    ),
    ...servers.map((server) => {
      const all = balancers.map(({ pool = [] }) => pool.find((one) => one.server === server));
      const isGood = all.every((one) => one !== undefined && isServing(one));
      return row(isGood ? "  " : "! ", server, all.map(poolWord));
    }),
  ];
}

function poolWord(server: PoolServer | undefined): string {
  if (!server) return "missing";
  if (server.state !== "ready") return server.state;
  return isServing(server) ? "up" : `${server.status.toLowerCase()} ${server.check.replace("* ", "")}`;
}

function isServing({ state, status }: PoolServer): boolean {
  return state === "ready" && /^(UP|no check)/.test(status);
}

function problemsOf(host: SeenHost, { now }: Seen): string[] {
  if (host.down !== undefined) return [`${host.name}: can't be reached: ${host.down}`];
  const { look, groups } = host;
  const problems: string[] = [];
  for (const [unit, state] of look?.units ?? [])
    if (state !== "active") problems.push(`${unit} does not run: ${state}`);
  for (const server of host.pool ?? []) {
    if (server.state === "drain")
      problems.push(`its pool: ${server.server} gets nothing new: a run was cut off, so run it again`);
    else if (server.state === "ready" && !isServing(server))
      problems.push(`its pool: ${server.server} is ${poolWord(server)}`);
  }
  problems.push(...databaseProblems(groups, look));
  for (const [file, end] of look?.certificates ?? [])
    if (daysUntil(end, now) < fewDays) problems.push(`${file} ends in ${daysUntil(end, now)} days`);
  return problems.map((text) => `${host.name}: ${text}`);
}

/** How a host comes back that is out of service, by the reason. */
const waysBack = new Map<string, (name: string) => string>(
  Object.entries({
    maintenance: (name: string) => `npx run playbook maintenance -e host=${name} -e state=end brings it back`,
    patch: () => "a run was cut off, and npx run playbook patch goes on with it",
    decommission: () => "it is to leave the inventory",
  }),
);

/** What runs have left out of service, on purpose or because they were cut off: each host with the places that say so. */
function outOfService({ hosts }: Seen): string[] {
  const places = new Map<string, string[]>();
  const note = (name: string, reason: string, place: string) => {
    const key = `${name} ${reason}`;
    places.set(key, [...(places.get(key) ?? []), place]);
  };
  for (const { name, balancer, pool = [], look } of hosts) {
    if (balancer?.outOfService !== undefined) note(name, balancer.outOfService, "takes no address");
    for (const { server, state } of pool)
      if (state === "maintenance") note(server, "maintenance", `not in the pool of ${name}`);
    for (const [replica, reason] of notReadIn(look?.notRead))
      if (hosts.some((one) => one.name === replica)) note(replica, reason, `not read by ${name}`);
  }
  return [...places].map(([key, all]) => {
    const [name = "", reason = ""] = key.split(" ");
    return `${name}: out of service (${reason}: ${all.join(", ")}); ${waysBack.get(reason)?.(name) ?? "somebody has set that"}`;
  });
}

function databaseProblems(groups: readonly string[], look: HostLook | undefined): string[] {
  const { database } = look ?? {};
  const isPrimary = groups.includes("db_primary");
  if (!isPrimary && !groups.includes("db_replica")) return [];
  if (!database) return ["its database server does not answer"];
  if (isPrimary)
    return database.readOnly ? ["the primary takes no writes (read_only): npx run playbook site"] : [];
  const { replica } = database;
  if (!replica) return ["it replicates from nobody"];
  if (!replica.runs) return [`replication does not run: ${replica.problem || "it is stopped"}`];
  if (replica.lag === undefined || replica.lag > muchLag)
    return [`it is ${replica.lag ?? "an unknown number of"} s behind`];
  return [];
}

function problemsOfAll({ hosts, addresses }: Seen): string[] {
  const problems: string[] = [];
  const isWhole = hosts.some(({ balancer }) => balancer !== undefined);
  for (const address of isWhole ? addresses : []) {
    const holders = hosts
      .filter(({ balancer }) => balancer?.addresses.some((one) => one.address === address && one.held))
      .map(({ name }) => name);
    if (holders.length === 0) problems.push(`${address}: no balancer holds it`);
    if (holders.length > 1) problems.push(`${address}: ${holders.join(" and ")} hold it at the same time`);
  }
  const releases = new Set(hosts.flatMap(({ look }) => (look && look.release !== "" ? [look.release] : [])));
  if (releases.size > 1)
    problems.push(
      `the application servers have ${releases.size} releases in service: npx run playbook deploy`,
    );
  return problems;
}

function daysUntil(end: number, now: number): number {
  return Math.floor((end - now) / day);
}

/** The text in lines of the screen's width, the later ones below the first one's beginning. */
function wrapped(first: string, text: string): string[] {
  const room = width - first.length;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).map((one) => one.slice(0, room))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((one, index) => (index === 0 ? first : " ".repeat(first.length)) + one);
}

function longest(words: readonly string[], atMost: number): number {
  return Math.min(atMost, Math.max(...words.map(({ length }) => length)));
}

function cut(text: string, length: number): string {
  return text.slice(0, length).padEnd(length);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
