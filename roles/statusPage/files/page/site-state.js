/** What a set of samples says of the whole site: all that the page shows, but for charts. */
import { findingsOf, poolState, replicationOf, worst } from "./host-state.js";
import { counted, duration, spelt } from "./words.js";

/** @import { Samples } from "./samples.js" */
/** @import { Finding, State } from "./host-state.js" */
/** @import { DrawnHost, Tier, Topology } from "../../drawn-site.ts" */

/** @typedef {{ readonly host: DrawnHost, readonly state: State, readonly findings: readonly Finding[], readonly holds: readonly string[] }} HostState */
/** @typedef {{ readonly kind: Tier["kind"], readonly hosts: readonly HostState[] }} TierState */
/** @typedef {Finding & { readonly address: string, readonly holders: readonly string[], readonly isAway: boolean }} AddressState */
/** @typedef {{ readonly server: string, readonly cells: readonly { readonly state: State, readonly word: string }[] }} PoolRow */
/** @typedef {{ readonly balancers: readonly string[], readonly rows: readonly PoolRow[] }} Pool */
/** @typedef {Finding & { readonly host: string, readonly from: string }} Replication */
/** @typedef {Finding & { readonly name: string, readonly target: string, readonly days: number }} Certificate */
/** @typedef {Finding & { readonly name: string, readonly severity: string, readonly about: string, readonly since: number | undefined }} Alert */
/** @typedef {{ readonly state: State, readonly text: string, readonly problems: readonly Finding[] }} Verdict */

/**
 * @typedef {object} SiteState
 * @property {Verdict} verdict
 * @property {readonly AddressState[]} addresses
 * @property {readonly TierState[]} tiers
 * @property {Pool} pool
 * @property {readonly Replication[]} replication
 * @property {readonly Certificate[]} certificates
 * @property {readonly Alert[]} alerts
 */

/**
 * @param {Topology} topology
 * @param {Samples} samples
 * @param {number} now in seconds, by Prometheus's clock
 * @returns {SiteState}
 */
export function siteState(topology, samples, now) {
  const balancers = hostsOf(topology, "balancers").map(({ name }) => name);
  const addresses = topology.addresses.map((address) => addressState(samples, address, balancers));
  const tiers = topology.tiers.map(({ kind, hosts }) => ({
    kind,
    hosts: hosts.map((host) => {
      const findings = findingsOf(samples, kind, host, balancers);
      const held = kind === "balancers" ? addresses.filter(({ holders }) => holders.includes(host.name)) : [];
      return { host, state: worst(findings), findings, holds: held.map(({ address }) => address) };
    }),
  }));
  const pool = {
    balancers,
    rows: hostsOf(topology, "web").map(({ name }) => ({
      server: name,
      cells: balancers.map((balancer) => {
        const { state, word } = poolState(samples, balancer, name);
        return { state, word };
      }),
    })),
  };
  const alerts = alertsIn(samples);
  const certificates = certificatesIn(samples, now);
  return {
    verdict: verdictOf({ addresses, tiers, pool, certificates, alerts }),
    addresses,
    tiers,
    pool,
    replication: replicas(topology, samples),
    certificates,
    alerts,
  };
}

/**
 * @param {Topology} topology
 * @param {Tier["kind"]} kind
 */
function hostsOf({ tiers }, kind) {
  return tiers.find((tier) => tier.kind === kind)?.hosts ?? [];
}

/**
 * @param {Samples} samples
 * @param {string} address
 * @param {readonly string[]} balancers
 * @returns {AddressState}
 */
function addressState(samples, address, balancers) {
  const all = samples.all("keepalived_master", { address });
  const holders = all.filter(({ value }) => value === 1).map(({ labels }) => labels["host"] ?? "");
  const [first, second] = holders;
  const silent = balancers.filter((name) => !all.some(({ labels }) => labels["host"] === name));
  const isUnknown = first === undefined && (all.length === 0 || silent.length > 0);
  const nobody =
    all.length === 0
      ? "nobody says who holds it"
      : `${silent.join(" and ")} may hold it, and does not say so`;
  const held =
    first !== undefined ? `held by ${holders.join(" and ")}` : isUnknown ? nobody : "nobody holds it";
  const answers = samples
    .all("probe_success", { what: "address" })
    .filter(({ labels }) => hostIn(labels["target"] ?? "") === address);
  if (answers.some(({ value }) => value === 0))
    return { address, holders, isAway: true, state: "bad", text: `does not answer, ${held}` };
  if (isUnknown) return { address, holders, isAway: false, state: "unknown", text: held };
  const isHeldOnce = first !== undefined && second === undefined;
  // who asks it knows better than who tells of it
  const isAway = first === undefined && answers.length === 0;
  return { address, holders, isAway, state: isHeldOnce ? "ok" : "bad", text: held };
}

/**
 * @param {string} url
 * @returns {string} its host, without the port, and without an IPv6 address's brackets
 */
function hostIn(url) {
  return (url.split("/")[2] ?? url).replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

/**
 * @param {Topology} topology
 * @param {Samples} samples
 * @returns {Replication[]}
 */
function replicas(topology, samples) {
  const databases = hostsOf(topology, "databases");
  const primary = databases.find(({ part }) => part === "primary")?.name ?? "its primary";
  return databases
    .filter(({ part }) => part === "replica")
    .map(({ name }) => ({ host: name, from: primary, ...replicationOf(samples, name) }));
}

const day = 86_400;
/** Days before its end from which a certificate should have been renewed, and from which it is urgent. */
const ending = { warning: 20, bad: 7 };

/**
 * @param {Samples} samples
 * @param {number} now
 * @returns {Certificate[]} the one that ends first comes first
 */
function certificatesIn(samples, now) {
  return samples
    .all("probe_ssl_earliest_cert_expiry")
    .filter(({ value }) => Number.isFinite(value))
    .map(({ labels, value }) => {
      const left = value - now;
      const days = Math.floor(left / day);
      const target = labels["target"] ?? labels["instance"] ?? "";
      const text = left <= 0 ? `expired ${duration(-left)} ago` : `${duration(left)} left`;
      const { what = "", host = "" } = labels;
      const name = what === "address" || host === "" ? hostIn(target) : host;
      return { name, target: `${what} at ${target}`, days, state: endingState(days), text };
    })
    .sort((one, other) => one.days - other.days);
}

/**
 * @param {number} days
 * @returns {State}
 */
function endingState(days) {
  if (days < ending.bad) return "bad";
  return days < ending.warning ? "warning" : "ok";
}

/**
 * @param {Samples} samples
 * @returns {Alert[]} critical ones first, then the newest
 */
function alertsIn(samples) {
  return (
    samples
      .all("ALERTS", { alertstate: "firing" })
      // one that always fires shows that alerts work
      .filter(({ labels }) => labels["severity"] !== "none")
      .map(({ labels: { alertstate: _, alertname = "", severity = "", ...labels } }) => {
        const same = { ...labels, alertname, severity };
        const { host, job: _job, instance, ...others } = labels;
        const about = [host ?? instance ?? "", ...Object.values(others)].filter((word) => word !== "");
        return {
          name: spelt(alertname),
          severity,
          about: about.join(" · "),
          since: samples.value("ALERTS_FOR_STATE", severity === "" ? { ...labels, alertname } : same),
          state: /** @type {State} */ (severity === "critical" ? "bad" : "warning"),
          text: `${spelt(alertname)}${about.length > 0 ? ` (${about.join(" · ")})` : ""}`,
        };
      })
      .sort((one, other) =>
        one.state === other.state ? (other.since ?? 0) - (one.since ?? 0) : one.state === "bad" ? -1 : 1,
      )
  );
}

/**
 * The whole in one sentence.
 *
 * @param {Pick<SiteState, "addresses" | "tiers" | "pool" | "certificates" | "alerts">} state
 * @returns {Verdict}
 */
function verdictOf({ addresses, tiers, pool, certificates, alerts }) {
  const all = [
    ...addresses.map(({ address, state, text }) => ({ state, text: `${address}: ${text}` })),
    ...tiers.flatMap(({ hosts }) =>
      hosts.flatMap(({ host, findings }) =>
        findings.map(({ state, text }) => ({ state, text: `${host.name}: ${text}` })),
      ),
    ),
    ...certificates.map(({ name, state, text }) => ({ state, text: `certificate of ${name}: ${text}` })),
  ];
  const found = [...new Map(all.map((one) => [one.text, one])).values()];
  const problems = [
    ...found.filter(({ state }) => state === "bad"),
    ...found.filter(({ state }) => state === "warning"),
    ...found.filter(({ state }) => state === "paused"),
    ...found.filter(({ state }) => state === "unknown"),
  ];
  const cells = pool.rows.flatMap((row) => row.cells).filter(({ state }) => state !== "unknown");
  const isAway =
    (cells.length > 0 && !cells.some(({ state }) => state === "ok")) ||
    (addresses.length > 0 && addresses.every((address) => address.isAway));
  if (isAway) return { state: "bad", text: "The site is down", problems };
  const state = worst([...found, ...alerts]);
  const bad = found.filter((one) => one.state === "bad").length;
  const unknown = found.filter((one) => one.state === "unknown").length;
  const serves = cells.length > 0 ? "The site serves, with " : "";
  const warnings = found.filter((one) => one.state === "warning").length;
  const texts = {
    bad: serves + (bad > 0 ? counted(bad, "problem") : counted(alerts.length, "alert")),
    warning: serves + counted(warnings > 0 ? warnings : alerts.length, warnings > 0 ? "warning" : "alert"),
    unknown: found.length === unknown ? "Nothing is known of the site" : "Not everything is known",
    paused: "All is well, and a part is taken out",
    ok: "All is well",
  };
  return { state, text: texts[state], problems };
}
