import { basename } from "node:path";
import {
  copy,
  defineRole,
  fail,
  file,
  type OptionalInput,
  ownedFiles,
  Param,
  type RequiredInput,
  type Role,
  service,
  Type,
  withDefault,
} from "showrunner";
import { installDaemon, startDaemon } from "../daemon.ts";
import { hostsOf } from "../hosts-of.ts";
import { configuration } from "./configuration.ts";
import { scrapeInterval } from "./interval.ts";
import { alertmanagerServer, prometheusServer } from "./places.ts";

const reload = service({ name: "prometheus", state: "reloaded" });
const rulesFolder = "/etc/prometheus/rules";
const placeOf = (rules: string) => `${rulesFolder}/${basename(rules)}`;

/** What Prometheus takes as the name of a label; those of its own begin with two underscores. */
const Labels = Type.Record(Type.String({ pattern: "^(?!__)[A-Za-z_][A-Za-z0-9_]*$" }), Type.String(), {
  additionalProperties: false,
});

const Target = Type.Object(
  {
    /** What answers there: `node`, `mysql`. Its series have it as the label `job`. */
    job: Type.String({ minLength: 1 }),
    /** A pattern of the inventory: the hosts that are asked. Their series have the name as the label `host`. */
    hosts: Type.String({ minLength: 1 }),
    /** The port of each of them; the path is `/metrics`. */
    port: Param.port(),
    /** Further labels of their series. Default: none. */
    labels: Type.Optional(Labels),
  },
  { additionalProperties: false },
);

const Probe = Type.Object(
  {
    /** What it is that is asked, as the label `what`: `address`, `web`. */
    what: Type.String({ minLength: 1 }),
    /** The address, as the label `target`: http and https must answer with 2xx; `tcp://10.0.0.1:25`: a connection. */
    url: Type.String({ pattern: "^(https?|tcp)://\\S+$" }),
    /** The host of the inventory that it belongs to, as the label `host`. Left out: it belongs to none, as an address that moves. */
    host: Type.Optional(Type.String({ minLength: 1 })),
    /** The name of the site, where the address does not say it. */
    name: Type.Optional(Type.String({ format: "hostname" })),
  },
  { additionalProperties: false },
);

const variables = {
  /** Who is asked for figures. Prometheus and Alertmanager of the host itself are asked, too. Default: []. */
  targets: withDefault(Type.Array(Target), []),
  /** What is asked from outside, by the role `blackboxExporter` on the same host. Default: []. */
  probes: withDefault(Type.Array(Probe), []),
  /** Local files of rules, in place of the essential alerts that come with the role. */
  rules: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
  /** How often everything is asked, and each rule looked at: from 5 to 30 seconds. Default: "15s". */
  interval: withDefault(scrapeInterval, "15s"),
  /** For how many days figures are kept. Default: 15. */
  retentionDays: withDefault(Type.Integer({ minimum: 1 }), 15),
};

/** What `prometheus` takes. */
export interface PrometheusVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Prometheus: asks the inventory's hosts for their figures, keeps these, and looks whether something is wrong. */
export const prometheus: Role<PrometheusVars, void> = defineRole({
  name: "prometheus",
  summary: "Prometheus, with targets from the inventory and the essential alerts; on 127.0.0.1 alone.",
  vars: variables,
  check({ rules = [], probes }) {
    for (const [index, path] of rules.entries()) {
      const same = rules.slice(0, index).find((other) => placeOf(other) === placeOf(path));
      if (same !== undefined)
        fail(
          `rules: ${same} and ${path} would be one file on the host, ${placeOf(path)}`,
          "give one of them another name",
        );
    }
    for (const [index, { url }] of probes.entries())
      if (!URL.canParse(url))
        fail(
          `probes[${index}].url: expected an address such as "https://10.0.0.10/healthz", got ${JSON.stringify(url)}`,
          "an IPv6 address stands in brackets: https://[fd00::10]:443/healthz",
        );
  },
  async run({ vars, role, host, inventory, owner, location }) {
    const select = (pattern: string) => hostsOf(inventory, pattern, { role: "prometheus", location });
    const own = [
      { job: "prometheus", host: host.name, ...prometheusServer },
      { job: "alertmanager", host: host.name, ...alertmanagerServer },
    ];
    const targets = vars.targets.flatMap(({ hosts, ...target }) =>
      select(hosts).map((one) => ({ ...target, host: one.name, address: one.address })),
    );
    const probes = vars.probes.map((probe) => ({
      ...probe,
      host: probe.host && (select(probe.host)[0]?.name ?? probe.host),
    }));
    const daemon = {
      name: "prometheus",
      ...prometheusServer,
      options: {
        "config.file": "/etc/prometheus/prometheus.yml",
        "storage.tsdb.path": "/var/lib/prometheus/metrics2",
        "storage.tsdb.retention.time": `${vars.retentionDays}d`,
      },
    };
    const rules = rulesOf(vars.rules, role.file("essential.rules.yml"));

    await installDaemon(daemon);
    await file({ path: rulesFolder, state: "directory", mode: "0755" });
    await ownedFiles({ owner, files: rules.map(placeOf) });
    for (const src of rules)
      await copy(
        { src, dest: placeOf(src), mode: "0644", validate: "promtool check rules %s" },
        { notify: reload },
      );
    await copy(
      {
        dest: "/etc/prometheus/prometheus.yml",
        content: configuration({
          interval: vars.interval,
          rules: rules.map(placeOf),
          targets: [...own, ...targets],
          probes,
        }),
        mode: "0644",
        validate: "promtool check config %s",
      },
      { notify: reload },
    );
    await startDaemon(daemon);
  },
  // rules that are no longer given
  finish: ({ calls, owner, role }) =>
    ownedFiles({
      owner,
      files: calls.flatMap(({ rules }) => rulesOf(rules, role.file("essential.rules.yml")).map(placeOf)),
      prune: true,
    }),
});

const rulesOf = (given: readonly string[] | undefined, essential: string) => given ?? [essential];
