/** What a set of samples says of one host, in its part of the site. */
import { duration } from "./words.js";

/** @import { Samples } from "./samples.js" */
/** @import { DrawnHost, Tier } from "../../drawn-site.ts" */

/**
 * From best to worst: fine; taken out on purpose; nothing is known; needs a look; broken.
 *
 * @typedef {"ok" | "paused" | "unknown" | "warning" | "bad"} State
 */

/** @typedef {{ readonly state: State, readonly text: string }} Finding */

/** @type {readonly State[]} */
const order = ["ok", "paused", "unknown", "warning", "bad"];

/**
 * @param {readonly { readonly state: State }[]} findings
 * @returns {State} unknown where there are none
 */
export function worst(findings) {
  if (findings.length === 0) return "unknown";
  return order[Math.max(...findings.map(({ state }) => order.indexOf(state)))] ?? "unknown";
}

/** What runs on the hosts themselves. Probes are sent by the monitoring host: they say nothing of who is asked. */
const ownJobs = ["node", "haproxy", "nginx", "mysql", "prometheus", "alertmanager"];

/**
 * Whether a host answers at all.
 *
 * @param {Samples} samples
 * @param {string} host
 * @returns {Finding}
 */
function reached(samples, host) {
  const ups = samples.all("up", { host }).filter(({ labels }) => ownJobs.includes(labels["job"] ?? ""));
  if (ups.length === 0) return { state: "unknown", text: "no figures" };
  const serves = samples.all("probe_success", { host }).some(({ value }) => value === 1);
  if (!serves && ups.every(({ value }) => value === 0)) return { state: "bad", text: "does not answer" };
  const node = ups.find(({ labels }) => labels["job"] === "node");
  return node?.value === 0
    ? { state: "warning", text: "node exporter does not answer" }
    : { state: "ok", text: "answers" };
}

/**
 * Whether a service of a host works: its exporter answers, and says so.
 *
 * @param {Samples} samples
 * @param {string} host
 * @param {{ job: string, name: string, says?: string }} service
 * @returns {Finding[]}
 */
function service(samples, host, { job, name, says }) {
  const up = samples.value("up", { host, job });
  if (up === undefined) return [];
  const works = up === 1 && (says === undefined || (samples.value(says, { host }) ?? 1) === 1);
  return [works ? { state: "ok", text: `${name} works` } : { state: "bad", text: `${name} does not answer` }];
}

/** @type {Readonly<Record<string, { state: State, word: string, text: string }>>} */
const poolStates = {
  UP: { state: "ok", word: "up", text: "in the pool" },
  DRAIN: { state: "paused", word: "drain", text: "drained" },
  MAINT: { state: "paused", word: "maintenance", text: "in maintenance" },
  NOLB: { state: "warning", word: "takes nothing new", text: "takes nothing new" },
  DOWN: { state: "bad", word: "down", text: "out of the pool" },
};

/** @type {{ state: State, word: string, text: string }} */
const notKnown = { state: "unknown", word: "no figures", text: "not known to the balancers" };

/** The backend by which balancers ask each other for answers to a certificate authority: its servers serve no visitor. */
const challenges = "challenges";

/**
 * How one balancer sees a server: the worst of its backends.
 *
 * @param {Samples} samples
 * @param {string} balancer
 * @param {string} server
 */
export function poolState(samples, balancer, server) {
  const states = samples
    .all("haproxy_server_status", { host: balancer, server })
    .filter(({ value, labels }) => value === 1 && labels["proxy"] !== challenges)
    .map(({ labels }) => poolStates[labels["state"] ?? ""] ?? notKnown);
  return states.find(({ state }) => state === worst(states)) ?? notKnown;
}

/**
 * @param {Samples} samples
 * @param {string} server
 * @param {readonly string[]} balancers
 * @returns {Finding[]}
 */
function inPool(samples, server, balancers) {
  const seen = balancers
    .map((balancer) => ({ balancer, ...poolState(samples, balancer, server) }))
    .filter(({ state }) => state !== "unknown");
  const most = seen.find(({ state }) => state === worst(seen));
  if (most === undefined) return [];
  const same = seen.filter(({ text }) => text === most.text).map(({ balancer }) => balancer);
  return [
    { state: most.state, text: most.text + (same.length < seen.length ? ` at ${same.join(", ")}` : "") },
  ];
}

/**
 * What the monitoring host is answered when it asks a host as its callers do.
 *
 * @param {Samples} samples
 * @param {string} host
 * @param {string} what
 * @returns {Finding[]}
 */
function probed(samples, host, what) {
  const answers = samples.all("probe_success", { host, what });
  if (answers.length === 0) return [];
  const serves = answers.every(({ value }) => value === 1);
  return [serves ? { state: "ok", text: "serves" } : { state: "bad", text: "does not serve" }];
}

/**
 * The same where a service tells of itself: that it works says enough.
 *
 * @param {Parameters<typeof probed>} asked
 */
function failed(...asked) {
  return probed(...asked).filter(({ state }) => state === "bad");
}

/** Seconds behind its primary from which a replica needs a look, and from which it is no good. */
const lagging = { warning: 30, bad: 300 };

/**
 * @param {Samples} samples
 * @param {string} host
 * @returns {Finding}
 */
export function replicationOf(samples, host) {
  /** @param {string} name */
  const said = (name) => samples.value(`mysql_slave_status_${name}`, { host });
  const receives = said("slave_io_running") ?? said("replica_io_running");
  const applies = said("slave_sql_running") ?? said("replica_sql_running");
  if (receives === undefined || applies === undefined)
    return { state: "unknown", text: "no figures of replication" };
  if (receives !== 1) return { state: "bad", text: "receives nothing from its primary" };
  if (applies !== 1) return { state: "bad", text: "applies nothing of what it receives" };
  const behind = said("seconds_behind_master") ?? said("seconds_behind_source");
  if (behind === undefined) return { state: "warning", text: "does not say how far behind it is" };
  const text = behind === 0 ? "up to date" : `${duration(behind)} behind`;
  if (behind >= lagging.bad) return { state: "bad", text };
  return { state: behind >= lagging.warning ? "warning" : "ok", text };
}

/**
 * @param {Samples} samples
 * @param {DrawnHost} host
 * @returns {Finding[]}
 */
function database(samples, { name, part }) {
  const works = service(samples, name, { job: "mysql", name: "the database", says: "mysql_up" });
  if (works.some(({ state }) => state === "bad")) return works;
  const readOnly = samples.value("mysql_global_variables_read_only", { host: name });
  if (part === "primary")
    return [...works, ...(readOnly === 1 ? [finding("bad", "the primary takes no writes")] : [])];
  return [
    ...works,
    ...(readOnly === 0 ? [finding("warning", "the replica takes writes")] : []),
    ...(works.length > 0 ? [replicationOf(samples, name)] : []),
  ];
}

/**
 * @param {State} state
 * @param {string} text
 * @returns {Finding}
 */
const finding = (state, text) => ({ state, text });

/**
 * What is known of a host in its part; of one that does not answer, that alone.
 *
 * @param {Samples} samples
 * @param {Tier["kind"]} kind
 * @param {DrawnHost} host
 * @param {readonly string[]} balancers
 * @returns {Finding[]} the worst first
 */
export function findingsOf(samples, kind, host, balancers) {
  const answers = reached(samples, host.name);
  if (answers.state === "bad") return [answers];
  const parts = {
    balancers: () => [
      ...service(samples, host.name, { job: "haproxy", name: "HAProxy" }),
      ...failed(samples, host.name, "balancer"),
    ],
    web: () => [
      ...service(samples, host.name, { job: "nginx", name: "Nginx", says: "nginx_up" }),
      ...failed(samples, host.name, "web"),
      ...inPool(samples, host.name, balancers),
    ],
    application: () => probed(samples, host.name, "application"),
    databases: () => database(samples, host),
    monitoring: () => [
      ...service(samples, host.name, { job: "prometheus", name: "Prometheus" }),
      ...service(samples, host.name, { job: "alertmanager", name: "Alertmanager" }),
    ],
  };
  const own = parts[kind]();
  // that the host answers goes without saying where its service works
  const all = answers.state === "ok" && own.length > 0 ? own : [answers, ...own];
  return all.sort((one, other) => order.indexOf(other.state) - order.indexOf(one.state));
}
