/** What the role takes, as schemas: of them are made the types, the check of what is given, and the documentation. */

import { isIP } from "node:net";
import {
  type OptionalInput,
  Param,
  refusing,
  type Static,
  type TObject,
  Type,
  withDefault,
} from "showrunner";
import { isNetwork } from "../ip-address.ts";

/** What HAProxy takes as the name of a frontend, a backend or a server. */
const nameForm = "^[A-Za-z0-9_.:-]+$";
const Name = Type.String({ pattern: nameForm });
const Count = Type.Integer({ minimum: 1 });
/** A name or an address, without a port. */
const Address = Type.String({ pattern: "^[A-Za-z0-9_.:-]+$" });
const textThat = (expected: string, isRight: (text: string) => boolean) =>
  refusing(Type.String(), (value) => {
    if (typeof value !== "string" || isRight(value)) return undefined;
    return { message: `expected ${expected}, got ${JSON.stringify(value)}` };
  });
/** An address of the balancer's own. */
const OwnAddress = textThat("an IP address", (text) => isIP(text) !== 0);
/** An address, or a network as `10.0.0.0/8`. */
const Network = textThat("an address or a network such as 10.0.0.0/8", isNetwork);
/** What stands in HAProxy's configuration as one word; `%` begins an encoded character and nothing else. */
const Path = Type.String({ pattern: "^/([^\\s\"'\\\\#$%]|%[0-9A-Fa-f]{2})*$" });
const strict = { additionalProperties: false } as const;

const server = {
  /** The server's name in the statistics, and for `haproxyServer`. */
  name: Name,
  /** Where HAProxy reaches it: a name or an address. */
  address: Address,
  /** The port on which it listens. */
  port: Param.port(),
  /** Whether it stands by, and takes requests only while no other server can. Default: false. */
  backup: Type.Optional(Type.Boolean()),
  /** Its share beside the other servers' weights, 0 to 256. Default: 1. */
  weight: Type.Optional(Type.Integer({ minimum: 0, maximum: 256 })),
  /** How many connections it gets at the same time; what is more waits. Default: no limit. */
  maxConnections: Type.Optional(Count),
};
/** A server of a backend. */
const Server = Type.Object(server, strict);
/** A server of the simple form, which may be a host of the inventory with all that it says: `{ ...host, port: 80 }`. */
const SimpleServer = Type.Object(server);

/** How a server is chosen for a request. */
export const Algorithm = Type.Union([
  Type.Literal("roundRobin"),
  Type.Literal("leastConnections"),
  Type.Literal("sourceHash"),
  Type.Literal("uriHash"),
  Type.Literal("random"),
]);

/** Whether all servers take requests, or all but the first stand by. */
export const Mode = Type.Union([Type.Literal("activeActive"), Type.Literal("activePassive")]);

const Protocol = Type.Union([Type.Literal("http"), Type.Literal("tcp")]);

const Check = Type.Object(
  {
    /** The path that is asked for by HTTP. Left out: a connection is enough. */
    path: Type.Optional(Path),
    /** The status of a healthy answer, with `path`: 200, or a range as "200-399". Default: 200. */
    status: Type.Optional(
      Type.Union([
        Type.Integer({ minimum: 100, maximum: 599 }),
        Type.String({ pattern: "^[1-5][0-9]{2}-[1-5][0-9]{2}$" }),
      ]),
    ),
    /** The name of the site that is asked for, with `path`. Left out: none is sent. */
    host: Type.Optional(Type.String({ format: "hostname" })),
    /** The port that is asked, if that is not the server's own: a health endpoint beside a database, for instance. */
    port: Type.Optional(Param.port()),
    /** The time between two checks: seconds, or a text such as "500ms". Default: "1s". */
    interval: Type.Optional(Param.duration()),
    /** How many failures in a row take a server out. Default: 2. */
    fall: Type.Optional(Count),
    /** How many successes in a row bring it back. Default: 2. */
    rise: Type.Optional(Count),
  },
  strict,
);

const Cookie = Type.Object(
  {
    /** The cookie's name. */
    name: Type.String({ pattern: "^[A-Za-z0-9_-]+$" }),
    /** Whether browsers send it over HTTPS only. Default: true. */
    secure: Type.Optional(Type.Boolean()),
  },
  strict,
);

const ServerTls = Type.Object(
  {
    /** A file of the authorities that may have signed the servers' certificates, on the balancer. */
    authorities: Path,
    /** The name that the servers' certificates must have. Left out: each server's own name. */
    name: Type.Optional(Type.String({ format: "hostname" })),
  },
  strict,
);

/** A backend: servers, and how they are chosen. */
const Backend = Type.Object(
  {
    /** "http", or "tcp" for anything else: a database. Default: "http". */
    protocol: Type.Optional(Protocol),
    /** Its servers; or give `hosts`. */
    servers: Type.Optional(Type.Array(Server, { minItems: 1 })),
    /** A pattern of the inventory: each of these hosts is a server, by its name and address. Needs `port`. */
    hosts: Type.Optional(Type.String({ minLength: 1 })),
    /** The port of each of `hosts`. */
    port: Type.Optional(Param.port()),
    /** activePassive: the first server takes everything, the others stand by until it fails. Default: "activeActive". */
    mode: Type.Optional(Mode),
    /** How a server is chosen. Default: "roundRobin". */
    algorithm: Type.Optional(Algorithm),
    /** How the health of a server is told; false: never, it counts as healthy. Default: it takes connections. */
    check: Type.Optional(Type.Union([Type.Literal(false), Check])),
    /** How long a server that comes back takes until it has its whole share. Default: 0. */
    slowStart: Type.Optional(Param.duration()),
    /** A cookie by which a visitor keeps the server. Default: none. */
    cookie: Type.Optional(Cookie),
    /** Whether the connections of a server that fails its checks are closed at once. Default: with "tcp". */
    closeWhenDown: Type.Optional(Type.Boolean()),
    /** TLS to the servers, whose certificates are verified. Default: none. */
    tls: Type.Optional(ServerTls),
    /** How long a server may be silent. Default: "30s"; with "tcp": "1h". */
    timeout: Type.Optional(Param.duration()),
  },
  strict,
);

const Tls = Type.Object(
  {
    /**
     * A directory of certificates on the balancer. HAProxy chooses by the name that a visitor asks for; the first file in
     * the order of names is for all other visitors. A file has certificate, chain and key, or is named `site.crt`, with
     * the key in `site.key` beside it. Put them there before the role runs. Default: "/etc/haproxy/certificates".
     */
    certificates: Type.Optional(Path),
    /** For how many days browsers must come by HTTPS (HSTS); 0: this is not said. Default: 730. */
    hstsDays: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  strict,
);

const Route = Type.Object(
  {
    /** Names of sites, any of them. Left out: all. */
    hosts: Type.Optional(Type.Array(Type.String({ format: "hostname" }), { minItems: 1 })),
    /** What the path begins with. Left out: anything. */
    path: Type.Optional(Path),
    /** The backend that answers. */
    backend: Name,
  },
  strict,
);

const Challenges = Type.Object(
  {
    /**
     * A pattern of the inventory: the balancers, this one among them, any of which may be asked for what another one knows.
     * Default: this one alone.
     */
    peers: Type.Optional(Type.String({ minLength: 1 })),
  },
  strict,
);

const RateLimit = Type.Object(
  {
    /** How many requests (with "tcp": connections) each address may send in `period`; what is more gets status 429. */
    requests: Count,
    /** Seconds, or a text such as "10s". Default: "10s". */
    period: Type.Optional(Param.duration()),
  },
  strict,
);

const Limits = Type.Object(
  {
    /** How long a body may be, as the request says beforehand: bytes, or a text such as "8M". More: status 413. */
    body: Type.Optional(Param.size()),
    /** How long all headers together may be, in bytes. More: status 431. Default: as many as HAProxy can hold, 15 KiB. */
    headerBytes: Type.Optional(Count),
    /** How many headers there may be. More: status 431. Default: 100. */
    headers: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    /** How long a visitor may take to send a request's headers. Default: "10s". */
    requestTimeout: Type.Optional(Param.duration()),
  },
  strict,
);

/** A frontend: where HAProxy listens, and who answers. */
const Frontend = Type.Object(
  {
    /** "http", or "tcp" for anything else: a database. Default: "http". */
    protocol: Type.Optional(Protocol),
    /** The port on which it listens. */
    port: Param.port(),
    /** The addresses on which it listens. Default: all that the host has of IPv4. */
    addresses: Type.Optional(Type.Array(OwnAddress, { minItems: 1 })),
    /** The backend that answers what no route takes. */
    backend: Type.Optional(Name),
    /** Backends for some sites or paths; the first that fits is taken. Default: []. */
    routes: Type.Optional(Type.Array(Route)),
    /** Ends TLS here, with HTTP/2. Default: no TLS. */
    tls: Type.Optional(Tls),
    /** Whether what no route takes is sent to the same address by HTTPS. Default: false. */
    redirectToHttps: Type.Optional(Type.Boolean()),
    /** Answers who asks by ACME's http-01 whether the site's names are yours. Default: nobody is answered. */
    challenges: Type.Optional(Challenges),
    /** How much each address may ask for. Default: no limit. */
    rateLimit: Type.Optional(RateLimit),
    /** What a request may be. */
    limits: Type.Optional(Limits),
    /** Addresses and networks that may connect; all others are refused. Default: everybody. */
    from: Type.Optional(Type.Array(Network, { minItems: 1 })),
    /** How long a visitor may be silent. Default: "30s"; with "tcp": "1h". */
    timeout: Type.Optional(Param.duration()),
    /** How many connections it takes at the same time. Default: `maxConnections` of the role. */
    maxConnections: Type.Optional(Count),
  },
  strict,
);

const Monitoring = Type.Object(
  {
    /** A pattern of the inventory: the hosts that may ask. All others are refused. */
    hosts: Type.String({ minLength: 1 }),
    /** The port: `/metrics` is for Prometheus, `/` is a page for people. Default: 8404. */
    port: Type.Optional(Param.port()),
  },
  strict,
);

const named = (what: string) => (value: unknown) => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const wrong = Object.keys(value).find((name) => !new RegExp(nameForm).test(name));
  if (wrong === undefined) return undefined;
  return {
    message: `${JSON.stringify(wrong)} is no name of a ${what}`,
    hint: "HAProxy takes letters, digits, and . _ : -",
  };
};

export const variables = {
  /** The web servers behind HAProxy, for the simple form: one site, one backend `web`. */
  servers: Type.Optional(Type.Array(SimpleServer, { minItems: 1 })),
  /** With `servers`: how a server is chosen for a request. Default: "roundRobin". */
  algorithm: withDefault(Algorithm, "roundRobin"),
  /**
   * With `servers`. activePassive: the first server takes everything, the others stand by until it fails. Default:
   * "activeActive".
   */
  mode: withDefault(Mode, "activeActive"),
  /** With `servers`: the port on which HAProxy listens. Default: 80. */
  port: withDefault(Param.port(), 80),
  /** With `servers`: the path that a healthy server answers with 200. Default: "/healthz". */
  healthPath: withDefault(Path, "/healthz"),
  /** How many connections there may be at the same time, in all. Default: 4096. */
  maxConnections: withDefault(Count, 4096),
  /** Backends by name: servers, and how they are chosen. Default: {}. */
  backends: withDefault(refusing(Type.Record(Type.String(), Backend), named("backend")), {}),
  /** Frontends by name: where HAProxy listens, and which backend answers. Default: {}. */
  frontends: withDefault(refusing(Type.Record(Type.String(), Frontend), named("frontend")), {}),
  /** Statistics and metrics for the monitoring hosts. Default: none. */
  monitoring: Type.Optional(Monitoring),
  /** The port of 127.0.0.1 on which `/healthz` answers 200 as long as HAProxy works. Default: 8405. */
  healthPort: withDefault(Param.port(), 8405),
};

type Given = OptionalInput<typeof variables>;

/** What a frontend is given, where the backends have the names `B`. */
interface FrontendVars<B extends string = string> extends Omit<FrontendOptions, "backend" | "routes"> {
  /** The backend that answers what no route takes. */
  readonly backend?: B;
  /** Backends for some sites or paths; the first that fits is taken. Default: []. */
  readonly routes?: (Omit<RouteOptions, "backend"> & {
    /** The backend that answers. */
    readonly backend: B;
  })[];
}

/** What `haproxy` takes: `servers` for one site, or `frontends` and `backends`. */
export interface HaproxyVars<B extends string = string> extends Omit<Given, "backends" | "frontends"> {
  /** Backends by name: servers, and how they are chosen. Default: {}. */
  readonly backends?: Record<B, BackendOptions>;
  /** Frontends by name: where HAProxy listens, and which backend answers. Default: {}. */
  readonly frontends?: Record<string, FrontendVars<NoInfer<B>>>;
}

/** All variables, with their defaults. */
export type Settings = Static<TObject<typeof variables>>;

export type ServerOptions = Static<typeof Server>;
export type BackendOptions = Static<typeof Backend>;
export type FrontendOptions = Static<typeof Frontend>;
export type RouteOptions = Static<typeof Route>;
