import { apt, defineRole, service, Type, template, withDefault } from "showrunner";

const reload = service({ name: "haproxy", state: "reloaded" });

const Server = Type.Object({
  name: Type.String({ minLength: 1, description: "how the statistics call it" }),
  address: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
});

/** HAProxy's names for what people call round robin, least connections and source (IP) hash. */
const algorithms = { roundRobin: "roundrobin", leastConnections: "leastconn", sourceHash: "source" } as const;

/** How a server is chosen for a request. */
export const Algorithm = Type.Union(
  [Type.Literal("roundRobin"), Type.Literal("leastConnections"), Type.Literal("sourceHash")],
  { description: "how a server is chosen for a request" },
);

/** Whether all servers take requests, or all but the first stand by. */
export const Mode = Type.Union([Type.Literal("activeActive"), Type.Literal("activePassive")], {
  description: "activePassive: the first server takes everything, the others stand by until it fails",
});

/** Distributes requests over servers, and leaves out those that do not answer. */
export const haproxy = defineRole({
  name: "haproxy",
  summary: "HAProxy in front of web servers, with health checks; validated before it is reloaded.",
  vars: {
    servers: Type.Array(Server, { minItems: 1, description: "the web servers behind it" }),
    algorithm: withDefault(Algorithm, "roundRobin"),
    mode: withDefault(Mode, "activeActive"),
    port: withDefault(Type.Integer({ minimum: 1, maximum: 65_535, description: "where it listens" }), 80),
    healthPath: withDefault(
      Type.String({ pattern: "^/", description: "must answer 200 on a healthy server" }),
      "/healthz",
    ),
    maxConnections: withDefault(Type.Integer({ minimum: 1, description: "at the same time, in all" }), 4096),
  },
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
