/** What the role takes, as schemas: of them are made the types, the check of what is given, and the documentation. */
import {
  type OptionalInput,
  Param,
  type RequiredInput,
  type Static,
  type TObject,
  Type,
  withDefault,
} from "showrunner";

const strict = { additionalProperties: false } as const;
const Hostname = Type.String({ format: "hostname" });
/** An address, or a network as `10.0.0.0/8`. */
const Network = Type.String({ pattern: "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$" });
/** What stands in Nginx's configuration as one word. */
const Path = Type.String({ pattern: "^/[^\\s\"'\\\\;{}$]*$" });
/** A size in Nginx's own words. */
const NginxSize = Type.String({ pattern: "^[0-9]+[kmg]?$" });
/** A time in Nginx's own words. */
const NginxTime = Type.String({ pattern: "^[0-9]+(ms|s|m|h|d)$" });

const Upstream = Type.Object({
  /** Where nginx reaches it: a name or an address. */
  address: Type.String({ pattern: "^[A-Za-z0-9_.:-]+$" }),
  /** The port on which it listens. */
  port: Param.port(),
});

const Cache = Type.Object(
  {
    /** How long an answer of 200 is good where the application does not say (`Cache-Control`): "10m". Default: only where it says. */
    valid: Type.Optional(NginxTime),
    /** How large the cache may grow: "500m". Default: "1g". */
    maxSize: Type.Optional(NginxSize),
  },
  strict,
);

const RateLimit = Type.Object(
  {
    /** Requests a second of one address. What is more gets status 429. */
    requests: Type.Integer({ minimum: 1 }),
    /** How many more at once are let through. Default: as many as `requests`. */
    burst: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  strict,
);

const Tls = Type.Object(
  {
    /** The certificate with its chain, on the host. */
    certificate: Path,
    /** Its key. */
    key: Path,
    /** A file of authorities: whoever connects must have a certificate of one of them. Default: none is asked for. */
    clientAuthorities: Type.Optional(Path),
  },
  strict,
);

const UpstreamTls = Type.Object(
  {
    /** A file of the authorities that may have signed the application servers' certificates, on the host. */
    authorities: Path,
    /** The name that these certificates must have. */
    name: Hostname,
  },
  strict,
);

const Monitoring = Type.Object(
  {
    /** A pattern of the inventory: the hosts that may ask. All others are refused. */
    hosts: Type.String({ minLength: 1 }),
    /** The port: `/status` has the counts of connections and requests. Default: 8406. */
    port: Type.Optional(Param.port()),
  },
  strict,
);

export const variables = {
  /** The site's name; also names its files. */
  domain: Hostname,
  /** Other names of the site. Default: []. */
  aliases: withDefault(Type.Array(Hostname), []),
  /** The application servers. Left out: the site has static files alone, at `/`. */
  upstreams: Type.Optional(Type.Array(Upstream, { minItems: 1 })),
  /** The port on which nginx listens. Default: 80. */
  port: withDefault(Param.port(), 80),
  /** A local folder, served under /static/; without `upstreams` at /. */
  staticFiles: Type.Optional(Type.String()),
  /**
   * Whether this site also answers requests for names that no site has. Without such a site nginx takes the first
   * one. Default: false.
   */
  isDefault: withDefault(Type.Boolean(), false),
  /** The largest request body. Default: "8m". */
  maxBodySize: withDefault(NginxSize, "8m"),
  /** How long the application may be silent. Default: "60s". */
  timeout: withDefault(NginxTime, "60s"),
  /** How long browsers keep static files. Default: "1h". */
  staticExpires: withDefault(NginxTime, "1h"),
  /** Whether texts are sent compressed. Default: true. */
  compress: withDefault(Type.Boolean(), true),
  /** Keeps answers to GET, and gives them while the application fails. Default: nothing is kept. */
  cache: Type.Optional(Cache),
  /** How much one address may ask for. Default: no limit. */
  rateLimit: Type.Optional(RateLimit),
  /**
   * Headers of every answer, over these: `X-Content-Type-Options: nosniff`, `X-Frame-Options: SAMEORIGIN`,
   * `Referrer-Policy: strict-origin-when-cross-origin`. An empty text takes one away. Default: {}.
   */
  headers: withDefault(
    Type.Record(
      Type.String({ pattern: "^[A-Za-z0-9-]+$" }),
      Type.String({ pattern: '^[^\\x00-\\x1f"\\\\$]*$' }),
      strict,
    ),
    {},
  ),
  /**
   * The balancers' addresses or networks: of what comes from them, the visitor's address and the protocol are those that
   * they name (`X-Forwarded-For`, `X-Forwarded-Proto`). Default: [].
   */
  balancers: withDefault(Type.Array(Network), []),
  /** Ends TLS here. Default: no TLS. */
  tls: Type.Optional(Tls),
  /** TLS to the application servers, whose certificates are verified. Default: none. */
  upstreamTls: Type.Optional(UpstreamTls),
  /** Figures for the monitoring hosts. Default: none. */
  monitoring: Type.Optional(Monitoring),
};

/** What `nginx` takes. */
export interface NginxVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** All variables, with their defaults. */
export type Site = Static<TObject<typeof variables>>;
