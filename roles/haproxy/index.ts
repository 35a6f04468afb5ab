import {
  apt,
  defineRole,
  type OptionalInput,
  type RequiredInput,
  type Role,
  service,
  Type,
  template,
  withDefault,
} from "showrunner";

const reload = service({ name: "haproxy", state: "reloaded" });

const Server = Type.Object({
  /** The server's name in the statistics. */
  name: Type.String({ minLength: 1 }),
  /** Where HAProxy reaches it: a name or an address. */
  address: Type.String({ minLength: 1 }),
  /** The port on which it listens. */
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
});

/** HAProxy's names for what people call round robin, least connections and source (IP) hash. */
const algorithms = { roundRobin: "roundrobin", leastConnections: "leastconn", sourceHash: "source" } as const;

/** How a server is chosen for a request. */
export const Algorithm = Type.Union([
  Type.Literal("roundRobin"),
  Type.Literal("leastConnections"),
  Type.Literal("sourceHash"),
]);

/** Whether all servers take requests, or all but the first stand by. */
export const Mode = Type.Union([Type.Literal("activeActive"), Type.Literal("activePassive")]);

const variables = {
  /** The web servers behind HAProxy. */
  servers: Type.Array(Server, { minItems: 1 }),
  /** How a server is chosen for a request. Default: "roundRobin". */
  algorithm: withDefault(Algorithm, "roundRobin"),
  /**
   * activePassive: the first server takes everything, the others stand by until it fails. Default: "activeActive".
   */
  mode: withDefault(Mode, "activeActive"),
  /** The port on which HAProxy listens. Default: 80. */
  port: withDefault(Type.Integer({ minimum: 1, maximum: 65_535 }), 80),
  /** The path that a healthy server answers with 200. Default: "/healthz". */
  healthPath: withDefault(Type.String({ pattern: "^/" }), "/healthz"),
  /** How many connections there may be at the same time, in all. Default: 4096. */
  maxConnections: withDefault(Type.Integer({ minimum: 1 }), 4096),
};

/** What `haproxy` takes. */
export interface HaproxyVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Distributes requests over servers, and leaves out those that do not answer. */
export const haproxy: Role<HaproxyVars, void> = defineRole({
  name: "haproxy",
  summary: "HAProxy in front of web servers, with health checks; validated before it is reloaded.",
  vars: variables,
  async run({ vars, role }) {
    await apt({ name: "haproxy" });
    await template(
      {
        src: role.template("haproxy.cfg.ejs"),
        dest: "/etc/haproxy/haproxy.cfg",
        vars: { ...vars, balance: algorithms[vars.algorithm] },
        mode: "0644",
        validate: "haproxy -c -q -f %s",
      },
      { notify: reload },
    );
    await service({ name: "haproxy", state: "started", enabled: true });
  },
});
