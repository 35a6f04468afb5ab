import { apt, defineRole, service, Type, template } from "showrunner";

const reload = service({ name: "haproxy", state: "reloaded" });

const Server = Type.Object({
  name: Type.String({ minLength: 1, description: "how the statistics call it" }),
  address: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535, default: 80 }),
});

/** HAProxy's names for what people call round robin, least connections and source (IP) hash. */
const algorithms = { roundRobin: "roundrobin", leastConnections: "leastconn", sourceHash: "source" } as const;

/** Distributes requests over servers, and leaves out those that do not answer. */
export const haproxy = defineRole({
  name: "haproxy",
  summary: "HAProxy in front of web servers, with health checks; validated before it is reloaded.",
  vars: {
    servers: Type.Array(Server, { minItems: 1, description: "the web servers behind it" }),
    algorithm: Type.Union(
      [Type.Literal("roundRobin"), Type.Literal("leastConnections"), Type.Literal("sourceHash")],
      { default: "roundRobin", description: "how a server is chosen for a request" },
    ),
    mode: Type.Union([Type.Literal("activeActive"), Type.Literal("activePassive")], {
      default: "activeActive",
      description: "activePassive: the first server takes everything, the others stand by until it fails",
    }),
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 80, description: "where it listens" }),
    healthPath: Type.String({
      pattern: "^/",
      default: "/healthz",
      description: "must answer 200 on a healthy server",
    }),
    maxConnections: Type.Integer({ minimum: 1, default: 4096 }),
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
