/** What is to stand in the configuration: the simple form spelt out, the inventory's hosts by name, and all of it checked. */
import { fail } from "showrunner";
import { ipAddressOf } from "../ip-address.ts";
import { overlap } from "../ports.ts";
import type { BackendOptions, FrontendOptions, ServerOptions, Settings } from "./variables.ts";

/** A backend with its servers. */
export interface SiteBackend extends Omit<BackendOptions, "servers" | "hosts" | "port" | "mode"> {
  readonly name: string;
  readonly protocol: "http" | "tcp";
  readonly servers: readonly ServerOptions[];
}

export interface SiteFrontend extends Omit<FrontendOptions, "challenges"> {
  readonly name: string;
  /** The other balancers, one of which may know the answer. */
  readonly challenges: readonly Named[] | undefined;
  readonly protocol: "http" | "tcp";
}

/** All that HAProxy is to do. */
export interface Site {
  readonly maxConnections: number;
  readonly backends: readonly SiteBackend[];
  readonly frontends: readonly SiteFrontend[];
  readonly monitoring: { readonly port: number; readonly from: readonly string[] } | undefined;
  readonly healthPort: number;
}

/** A host of the inventory. */
interface Named {
  readonly name: string;
  readonly address: string;
}

/** Names that the role itself gives to frontends. */
const own = ["monitoring", "health"];

/** The backend that asks other balancers for answers to challenges. */
export const challengeBackend = "challenges";

/**
 * @param settings the role's variables
 * @param select the inventory's hosts that a pattern means; it throws for a name that is not there
 * @param self the balancer's own name
 * @throws ShowrunnerError `task.failed` for what contradicts itself, or names what is not there
 */
export function siteOf(
  settings: Settings,
  select: (pattern: string) => readonly Named[],
  self?: string,
): Site {
  const { servers, algorithm, mode, port, healthPath, maxConnections, healthPort } = settings;
  const simple = servers !== undefined;
  const backends: Record<string, BackendOptions> = {
    ...(simple ? { web: { servers, algorithm, mode, check: { path: healthPath } } } : {}),
    ...settings.backends,
  };
  const frontends: Record<string, FrontendOptions> = {
    ...(simple ? { site: { port, backend: "web" } } : {}),
    ...settings.frontends,
  };
  if (simple && (settings.backends["web"] || settings.frontends["site"]))
    fail(
      "`servers` makes a backend `web` and a frontend `site`, and there is another one of that name",
      "call yours otherwise, or leave `servers` out",
    );
  const { monitoring } = settings;
  const site: Site = {
    maxConnections,
    healthPort,
    backends: Object.entries(backends).map(([name, one]) => backendOf(name, one, select)),
    frontends: Object.entries(frontends).map(([name, one]) => ({
      ...one,
      name,
      protocol: one.protocol ?? "http",
      challenges: one.challenges && peersOf(one.challenges.peers, select, self),
    })),
    monitoring: monitoring && {
      port: monitoring.port ?? 8404,
      // HAProxy does not start where it is given a name that it can't look up: while the host boots, for instance
      from: select(monitoring.hosts).map((host) => ipAddressOf(host, "monitoring")),
    },
  };
  if (site.frontends.length === 0)
    fail("HAProxy has nothing to do", "give `servers`, or `frontends` and `backends`");
  for (const backend of site.backends) checkBackend(backend);
  checkChallenges(site);
  for (const frontend of site.frontends) checkFrontend(frontend, site.backends);
  checkPorts(site);
  return site;
}

/** The other balancers. */
function peersOf(
  pattern: string | undefined,
  select: (pattern: string) => readonly Named[],
  self: string | undefined,
): readonly Named[] {
  return pattern === undefined ? [] : select(pattern).filter(({ name }) => name !== self);
}

function backendOf(
  name: string,
  { servers, hosts, port, mode, ...rest }: BackendOptions,
  select: (pattern: string) => readonly Named[],
): SiteBackend {
  const where = `backends.${name}`;
  if ((servers === undefined) === (hosts === undefined))
    fail(`${where}: expected either \`servers\` or \`hosts\`, got ${servers ? "both" : "neither"}`);
  if (hosts !== undefined && port === undefined)
    fail(`${where}: \`hosts\` needs \`port\``, "the port on which each of these hosts listens");
  const all =
    servers ??
    select(hosts ?? "").map((host) => ({ name: host.name, address: host.address, port: port ?? 0 }));
  return {
    ...rest,
    name,
    protocol: rest.protocol ?? "http",
    servers: mode === "activePassive" ? all.map((one, index) => ({ ...one, backup: index > 0 })) : all,
  };
}

function checkBackend({ name, protocol, servers, check, cookie }: SiteBackend): void {
  const where = `backends.${name}`;
  const names = servers.map((server) => server.name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined) fail(`${where}: there are two servers ${twice}`);
  if (servers.length > 0 && servers.every(({ backup }) => backup))
    fail(
      `${where}: every server is a backup`,
      "leave `backup` out for the servers that take requests as a rule",
    );
  if (check && check.path === undefined && (check.status ?? check.host) !== undefined)
    fail(`${where}.check: \`status\` and \`host\` need \`path\``);
  if (protocol === "tcp" && cookie) fail(`${where}: a cookie needs \`protocol: "http"\``);
}

function checkFrontend(frontend: SiteFrontend, backends: readonly SiteBackend[]): void {
  const { name, protocol, routes = [], redirectToHttps, tls, limits } = frontend;
  const where = `frontends.${name}`;
  if (own.includes(name)) fail(`${where}: the role itself has a frontend of that name`, "call it otherwise");
  const named = [
    ...routes.map(({ backend }, index) => ({ backend, at: `${where}.routes[${index}].backend` })),
    ...(frontend.backend === undefined ? [] : [{ backend: frontend.backend, at: `${where}.backend` }]),
  ];
  for (const { backend, at } of named) {
    const found = backends.find((one) => one.name === backend);
    if (!found)
      fail(
        `${at}: there is no backend "${backend}"`,
        `there is ${backends.map((one) => one.name).join(", ") || "none at all"}`,
      );
    else if (found.protocol !== protocol)
      fail(`${at}: the backend ${backend} speaks ${found.protocol}, and the frontend ${protocol}`);
  }
  if (frontend.backend === undefined && !redirectToHttps)
    fail(`${where}: nobody answers there`, "give `backend` or `redirectToHttps`");
  if (redirectToHttps && tls) fail(`${where}: \`redirectToHttps\` is for a frontend without \`tls\``);
  if (redirectToHttps && frontend.backend !== undefined)
    fail(
      `${where}: with \`redirectToHttps\` nothing is left for \`backend\``,
      "name what is not redirected in `routes`",
    );
  if (protocol === "tcp" && (routes.length > 0 || redirectToHttps || limits || frontend.challenges))
    fail(
      `${where}: \`routes\`, \`redirectToHttps\`, \`limits\` and \`challenges\` need \`protocol: "http"\``,
    );
  const empty = routes.findIndex(({ hosts, path }) => hosts === undefined && path === undefined);
  if (empty >= 0)
    fail(`${where}.routes[${empty}]: expected \`hosts\` or \`path\``, "what takes the rest is `backend`");
}

function checkChallenges({ frontends, backends }: Site): void {
  const [first, second] = frontends.filter(({ challenges }) => challenges !== undefined);
  if (first && second)
    fail(
      `frontends.${first.name} and frontends.${second.name} both have \`challenges\``,
      "authorities ask at port 80: give it to the frontend there",
    );
  if (first && backends.some(({ name }) => name === challengeBackend))
    fail(`backends.${challengeBackend}: the role itself has a backend of that name`, "call it otherwise");
}

/** Where HAProxy is to listen. */
interface Place {
  readonly name: string;
  readonly port: number;
  /** As `ss` writes it. */
  readonly address: string;
}

/** What `bind :80` means. */
const allOfIpv4 = "0.0.0.0";
/** At `::` HAProxy listens on IPv4, too. */
const written = (address: string) => (/^[0:]+$/.test(address) ? "*" : address);

/** Every place where HAProxy is to listen. */
export function places({ frontends, monitoring, healthPort }: Site): Place[] {
  return [
    ...frontends.flatMap(({ name, port, addresses = [allOfIpv4] }) =>
      addresses.map((address) => ({ name: `frontends.${name}`, port, address: written(address) })),
    ),
    ...(monitoring ? [{ name: "monitoring", port: monitoring.port, address: allOfIpv4 }] : []),
    { name: "healthPort", port: healthPort, address: "127.0.0.1" },
  ];
}

/** No two frontends may listen at one place. */
function checkPorts(site: Site): void {
  const all = places(site);
  for (const [index, one] of all.entries()) {
    const other = all
      .slice(0, index)
      .find(({ port, address }) => port === one.port && overlap(address, one.address));
    if (other) fail(`${other.name} and ${one.name} both listen on port ${one.port}`);
  }
}
