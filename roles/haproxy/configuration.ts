/** HAProxy's configuration as a text, for HAProxy 2.6 and later. */
import { bytes, type Duration, milliseconds } from "showrunner";
import { withPort } from "../ip-address.ts";
import { challengeBackend, type Site, type SiteBackend, type SiteFrontend } from "./site.ts";
import type { RouteOptions, ServerOptions } from "./variables.ts";

/** HAProxy's names for what people call round robin, least connections, source (IP) hash. */
const algorithms = {
  roundRobin: ["balance roundrobin"],
  leastConnections: ["balance leastconn"],
  // consistent: a server that comes or goes moves few visitors, and weights can be altered while HAProxy runs
  sourceHash: ["balance source", "hash-type consistent"],
  uriHash: ["balance uri", "hash-type consistent"],
  random: ["balance random"],
} as const;

/** Where HAProxy finds certificates unless a frontend says otherwise. */
export const certificates = "/etc/haproxy/certificates";

/** What an administrator has set of servers, and what checks have found: written before each reload. */
export const serverState = "/var/lib/haproxy/server-state";

/** Mozilla's "intermediate" configuration (5.7), without ciphers that need Diffie-Hellman parameters of one's own. */
const ciphers = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");
const suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/** Answers to challenges, which are put into the running HAProxy: the file itself has none. */
export const challengeMap = "/var/lib/haproxy/challenges.map";
/** Says that a balancer asks another one: whoever else says so is not asked further either. */
const fromPeerHeader = "X-Challenge-From-Peer";
const challengePath = "/.well-known/acme-challenge/";

type Lines = readonly string[];

/** The whole file. */
export function configuration(site: Site): string {
  const sections: (readonly [string, Lines])[] = [
    ["global", globalLines(site)],
    ["defaults", defaults],
    ...site.frontends.map((one) => [`frontend ${one.name}`, frontendLines(one)] as const),
    ...(site.monitoring ? [["frontend monitoring", monitoringLines(site.monitoring)] as const] : []),
    ["frontend health", healthLines(site.healthPort)],
    ...site.backends.map((one) => [`backend ${one.name}`, backendLines(one)] as const),
    ...site.frontends
      .filter(({ challenges = [] }) => challenges.length > 0)
      .map((one) => [`backend ${challengeBackend}`, peerLines(one)] as const),
  ];
  const texts = sections.map(([head, lines]) => [head, ...lines.map((line) => `    ${line}`), ""].join("\n"));
  return `# Written by Showrunner: changes made here are overwritten by the next run.\n${texts.join("\n")}`;
}

function globalLines({ maxConnections }: Site): Lines {
  return [
    "log /dev/log local0",
    "chroot /var/lib/haproxy",
    "user haproxy",
    "group haproxy",
    "daemon",
    `maxconn ${maxConnections}`,
    // as Debian has it: a reload hands on the socket as it is, and another mode would count from the next restart on
    "stats socket /run/haproxy/admin.sock mode 660 level admin",
    "stats timeout 30s",
    `server-state-file ${serverState}`,
    "ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
    `ssl-default-bind-ciphers ${ciphers}`,
    `ssl-default-bind-ciphersuites ${suites}`,
    "ssl-default-server-options ssl-min-ver TLSv1.2",
    "# the key of site.crt is site.key",
    "ssl-load-extra-del-ext",
  ];
}

const defaults: Lines = [
  "mode http",
  "log global",
  "option httplog",
  "option dontlognull",
  "# a server that is off: the next try is at another one",
  "option redispatch 1",
  "retries 3",
  "load-server-state-from-file global",
  "# names are looked up afresh, not taken from the saved state",
  "default-server init-addr libc",
  "# longer than the TLS handshakes of many visitors who come at the same time",
  "timeout connect 3s",
  "# a server that is busy is not dead: all of them are busy at the same time, and one must serve",
  "timeout check 5s",
  "timeout client 30s",
  "timeout server 30s",
  "timeout http-request 10s",
  "timeout http-keep-alive 30s",
  "timeout queue 10s",
];

function frontendLines(frontend: SiteFrontend): Lines {
  const { protocol, from, backend, timeout = protocol === "tcp" ? "1h" : undefined } = frontend;
  return [
    ...(protocol === "tcp" ? ["mode tcp", "option tcplog", "option clitcpka"] : []),
    ...bindLines(frontend),
    ...(frontend.maxConnections === undefined ? [] : [`maxconn ${frontend.maxConnections}`]),
    ...(timeout === undefined ? [] : [`timeout client ${time(timeout)}`]),
    ...(from ? [refuseOthers(from)] : []),
    ...(protocol === "tcp" ? tcpRateLimit(frontend) : httpLines(frontend)),
    ...(backend === undefined ? [] : [`default_backend ${backend}`]),
  ];
}

function bindLines({ port, addresses = [""], tls, protocol }: SiteFrontend): Lines {
  const alpn = protocol === "http" ? " alpn h2,http/1.1" : "";
  const end = tls ? ` ssl crt ${tls.certificates ?? certificates}${alpn}` : "";
  return addresses.map((address) => `bind ${withPort(address, port)}${end}`);
}

function refuseOthers(networks: Lines): string {
  return `tcp-request connection reject unless { src ${networks.join(" ")} }`;
}

function tcpRateLimit({ rateLimit }: SiteFrontend): Lines {
  if (!rateLimit) return [];
  const period = time(rateLimit.period ?? "10s");
  return [
    `stick-table type ipv6 size 100k expire ${period} store conn_rate(${period})`,
    "tcp-request connection track-sc0 src",
    `tcp-request connection reject if { sc_conn_rate(0) gt ${rateLimit.requests} }`,
  ];
}

function httpLines(frontend: SiteFrontend): Lines {
  const { rateLimit, limits = {}, tls, routes = [], redirectToHttps, challenges } = frontend;
  const period = milliseconds(rateLimit?.period ?? "10s");
  const seconds = Math.ceil(period / 1000);
  return [
    "# at a reload, a visitor's open connection is closed with its next answer, not in the middle of a request",
    "option idle-close-on-response",
    ...(limits.requestTimeout === undefined ? [] : [`timeout http-request ${time(limits.requestTimeout)}`]),
    ...(rateLimit
      ? [
          `stick-table type ipv6 size 100k expire ${period}ms store http_req_rate(${period}ms)`,
          "http-request track-sc0 src",
          `http-request deny deny_status 429 hdr Retry-After ${seconds} if { sc_http_req_rate(0) gt ${rateLimit.requests} }`,
        ]
      : []),
    ...(limits.body === undefined
      ? []
      : [`http-request deny deny_status 413 if { req.hdr_val(content-length) gt ${bytes(limits.body)} }`]),
    ...(limits.headerBytes === undefined ? [] : [tooMany(`req.hdrs,length gt ${limits.headerBytes}`)]),
    ...(limits.headers === undefined ? [] : [tooMany(`req.fhdr_cnt gt ${limits.headers}`)]),
    "# what a visitor says of where a request comes from is not passed on",
    "http-request set-header X-Forwarded-For %[src]",
    `http-request set-header X-Forwarded-Proto ${tls ? "https" : "http"}`,
    "http-request del-header Forwarded",
    "http-request del-header X-Real-IP",
    ...(tls && (tls.hstsDays ?? 730) > 0
      ? [
          `http-after-response set-header Strict-Transport-Security "max-age=${(tls.hstsDays ?? 730) * 86_400}"`,
        ]
      : []),
    ...(challenges ? challengeLines(challenges) : []),
    ...routes.flatMap((route, index) => routeLines(route, `route${index}`)),
    ...(redirectToHttps ? [redirect(routes.length > 0 || challenges !== undefined)] : []),
    ...routes.map(
      ({ backend }, index) => `use_backend ${backend} if { var(txn.route) -m str route${index} }`,
    ),
    ...(challenges && challenges.length > 0
      ? [`use_backend ${challengeBackend} if { var(txn.route) -m str challenge }`]
      : []),
  ];
}

function tooMany(condition: string): string {
  return `http-request return status 431 content-type text/plain string "too many headers" if { ${condition} }`;
}

/** The first route that fits is noted. */
function routeLines({ hosts, path }: RouteOptions, name: string): Lines {
  const conditions = [
    "!{ var(txn.route) -m found }",
    ...(hosts ? [`{ req.hdr(host),host_only -i ${hosts.join(" ")} }`] : []),
    ...(path === undefined ? [] : [`{ path_beg ${path} }`]),
  ];
  return [`http-request set-var(txn.route) str(${name}) if ${conditions.join(" ")}`];
}

/** A challenge that is not known here is asked of the other balancers, which do not ask back. */
function challengeLines(peers: NonNullable<SiteFrontend["challenges"]>): Lines {
  const asked = `{ path_beg ${challengePath} }`;
  const fromPeer = peers.length > 0 ? ` { req.hdr(${fromPeerHeader}) -m found }` : "";
  const answer = `path,map_str(${challengeMap})`;
  return [
    `http-request return status 200 content-type text/plain lf-string "%[${answer}]" if { ${answer} -m found }`,
    `http-request return status 404 if ${asked}${fromPeer}`,
    `http-request set-var(txn.route) str(challenge) if ${asked}`,
  ];
}

function peerLines({ port, challenges = [] }: SiteFrontend): Lines {
  return [
    `http-request set-header ${fromPeerHeader} yes`,
    "retry-on 404 conn-failure empty-response response-timeout",
    "default-server check inter 1000ms fall 2 rise 2",
    ...challenges.map(({ name, address }) => `server ${name} ${withPort(address, port)}`),
  ];
}

function redirect(hasRoutes: boolean): string {
  const others = hasRoutes ? " unless { var(txn.route) -m found }" : "";
  return `http-request redirect scheme https code 301${others}`;
}

function monitoringLines({ port, from }: NonNullable<Site["monitoring"]>): Lines {
  return [
    `bind ${withPort("", port)}`,
    refuseOthers(from),
    "http-request use-service prometheus-exporter if { path /metrics }",
    "stats enable",
    "stats uri /",
    "stats hide-version",
    "option dontlog-normal",
  ];
}

function healthLines(port: number): Lines {
  return [`bind 127.0.0.1:${port}`, "monitor-uri /healthz", "http-request deny"];
}

function backendLines(backend: SiteBackend): Lines {
  const { protocol, algorithm = "roundRobin", check, cookie, servers } = backend;
  const { timeout = protocol === "tcp" ? "1h" : undefined } = backend;
  return [
    ...(protocol === "tcp" ? ["mode tcp", "option srvtcpka"] : []),
    ...algorithms[algorithm],
    ...(timeout === undefined ? [] : [`timeout server ${time(timeout)}`]),
    ...(cookie
      ? [`cookie ${cookie.name} insert indirect nocache httponly${cookie.secure === false ? "" : " secure"}`]
      : []),
    ...(check ? checkLines(check) : []),
    ...(protocol === "tcp" ? [] : retryLines),
    `default-server ${serverDefaults(backend).join(" ")}`,
    ...servers.map((server) => `server ${serverWords(server, backend).join(" ")}`),
  ];
}

const retryLines: Lines = [
  "# what gets no answer, or has no application behind it, is asked of another server; what may have been done, never",
  "retry-on conn-failure empty-response 502",
  "http-request disable-l7-retry unless { method GET HEAD OPTIONS }",
];

function checkLines({ path, status = 200, host }: NonNullable<Exclude<SiteBackend["check"], false>>): Lines {
  if (path === undefined) return [];
  const site = host === undefined ? "" : ` ver HTTP/1.1 hdr Host ${host}`;
  return [
    "option httpchk",
    `http-check send meth GET uri ${path}${site}`,
    `http-check expect status ${status}`,
  ];
}

function serverDefaults({ protocol, check = {}, slowStart, closeWhenDown, tls }: SiteBackend): Lines {
  const closes = closeWhenDown ?? protocol === "tcp";
  return [
    ...(check
      ? [
          "check",
          `inter ${time(check.interval ?? "1s")} fall ${check.fall ?? 2} rise ${check.rise ?? 2}`,
          ...(check.port === undefined ? [] : [`port ${check.port}`]),
        ]
      : ["no-check"]),
    ...(slowStart === undefined ? [] : [`slowstart ${time(slowStart)}`]),
    ...(closes ? ["on-marked-down shutdown-sessions"] : []),
    ...(tls
      ? [
          `ssl verify required ca-file ${tls.authorities}`,
          ...(tls.name === undefined ? [] : [mustBe(tls.name)]),
        ]
      : []),
  ];
}

/** What the certificate of a server must be for; a server with several certificates is told that, too. */
function mustBe(name: string): string {
  return `sni str(${name}) check-sni ${name} verifyhost ${name}`;
}

function serverWords(server: ServerOptions, { cookie, tls }: SiteBackend): Lines {
  const { name, address, port, weight, maxConnections, backup } = server;
  return [
    name,
    withPort(address, port),
    ...(weight === undefined ? [] : [`weight ${weight}`]),
    ...(maxConnections === undefined ? [] : [`maxconn ${maxConnections}`]),
    ...(cookie ? [`cookie ${name}`] : []),
    ...(tls && tls.name === undefined ? [mustBe(name)] : []),
    ...(backup ? ["backup"] : []),
  ];
}

/** An address with a port; HAProxy takes the last colon for what is before the port. */
function time(duration: Duration): string {
  return `${Math.max(1, Math.round(milliseconds(duration)))}ms`;
}
