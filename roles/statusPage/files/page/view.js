/** The page's parts, made of what is known of the site. */
import { el, sign } from "./dom.js";
import { boxName } from "./wires.js";
import { duration } from "./words.js";

/** @import { Tier } from "../../drawn-site.ts" */
/** @import { Finding, State } from "./host-state.js" */
/** @import { AddressState, Alert, Certificate, HostState, Pool, Replication, SiteState, Verdict } from "./site-state.js" */

/** @type {Readonly<Record<Tier["kind"], { title: string, by: string }>>} */
const tierTexts = {
  balancers: { title: "Balancers", by: "HAProxy, keepalived" },
  web: { title: "Web servers", by: "Nginx" },
  application: { title: "Application", by: "behind the web servers" },
  databases: { title: "Databases", by: "primary and replicas" },
  monitoring: { title: "Monitoring", by: "Prometheus" },
};

/** As many problems and alerts as a person reads. */
const most = 30;

/**
 * @param {Verdict} verdict
 * @returns {Node[]}
 */
export function verdict({ state, text, problems }) {
  return [
    el("p", "headline", sign(state), el("strong", "", el("span", "last", "Last known: "), text)),
    ...(problems.length > 0 ? [el("ul", "problems", ...shortened(problems, line))] : []),
  ];
}

/** @param {Finding} finding */
function line({ state, text }) {
  return el("li", "finding", sign(state), el("span", "", text));
}

/**
 * The boxes of the drawing; the lines between them are drawn once it is known where they stand.
 *
 * @param {SiteState} site
 * @returns {{ flow: HTMLElement, aside: HTMLElement[], boxes: Map<string, HTMLElement> }} the way of a request, and who stands beside it
 */
export function drawing({ addresses, tiers }) {
  /** @type {Map<string, HTMLElement>} */
  const boxes = new Map();
  const box = (/** @type {string} */ name, /** @type {HTMLElement} */ element) => {
    boxes.set(name, element);
    return element;
  };
  const visitors = box(boxName("visitors", ""), el("div", "box visitors", el("strong", "", "Visitors")));
  const entry = el(
    "div",
    "tier entry",
    el("h3", "", "Entry", el("small", "muted", addresses.length > 0 ? "the address that moves" : "")),
    el(
      "div",
      "boxes",
      visitors,
      ...addresses.map((one) => box(boxName("address", one.address), address(one))),
    ),
  );
  const columns = tiers.map((tier) => {
    const { title, by } = tierTexts[tier.kind];
    const hosts = tier.hosts.map((one) => box(boxName(tier.kind, one.host.name), host(one)));
    return el(
      "div",
      `tier ${tier.kind}`,
      el("h3", "", title, el("small", "muted", by)),
      el("div", "boxes", ...hosts),
    );
  });
  const isAside = (/** @type {HTMLElement} */ column) => column.classList.contains("monitoring");
  const flow = el("div", "flow", entry, ...columns.filter((column) => !isAside(column)));
  return { flow, aside: columns.filter(isAside), boxes };
}

/** @param {AddressState} address */
function address({ address: text, ...finding }) {
  return el(
    "div",
    `box ${finding.state}`,
    el("div", "name", sign(finding.state), el("strong", "", el("span", "last", "Last known: "), text)),
    el("p", finding.state === "ok" ? "muted" : "", finding.text),
  );
}

/** @param {HostState} state */
function host({ host: { name, address: where, part }, state, findings, holds }) {
  const facts = [
    ...holds.map((one) => el("li", "holds", `holds ${one}`)),
    ...findings.map((one) => el("li", one.state === "ok" ? "muted" : "", one.text)),
  ];
  return el(
    "div",
    `box ${state}`,
    el("div", "name", sign(state), el("strong", "", name), ...(part ? [el("span", "tag", part)] : [])),
    el("p", "where muted", where),
    el("ul", "", ...facts),
  );
}

/**
 * @param {readonly Alert[]} alerts
 * @param {number} now
 */
export function alertList(alerts, now) {
  if (alerts.length === 0) return nothing("ok", "No alert fires.");
  return el(
    "ul",
    "rows",
    ...shortened(alerts, ({ state, name, severity, about, since }) =>
      el(
        "li",
        "row",
        sign(state),
        el("div", "", el("strong", "", name), el("p", "muted", about)),
        el(
          "div",
          "end",
          el("span", `tag ${state}`, severity === "" ? "alert" : severity),
          el(
            "p",
            "muted",
            since === undefined ? "" : `for ${duration(Math.max(0, Math.round(now - since)))}`,
          ),
        ),
      ),
    ),
  );
}

/** @param {Pool} pool */
export function poolTable({ balancers, rows }) {
  if (balancers.length === 0 || rows.length === 0) return nothing("unknown", "The site has no balancer.");
  const head = el("tr", "", el("th", "", "Server"), ...balancers.map((name) => header(`at ${name}`, "col")));
  const body = rows.map(({ server, cells }) =>
    el(
      "tr",
      "",
      header(server, "row"),
      ...cells.map(({ state, word }) =>
        el("td", "", el("span", "finding", sign(state), el("span", "", word))),
      ),
    ),
  );
  return el("div", "scrolls", el("table", "", el("thead", "", head), el("tbody", "", ...body)));
}

/**
 * @param {string} text
 * @param {string} scope
 */
function header(text, scope) {
  const cell = el("th", "", text);
  cell.scope = scope;
  return cell;
}

/** @param {readonly Replication[]} replicas */
export function replicationList(replicas) {
  if (replicas.length === 0) return nothing("unknown", "The site has no replica.");
  return el(
    "ul",
    "rows",
    ...replicas.map(({ host: name, from, state, text }) =>
      el(
        "li",
        "row",
        sign(state),
        el("div", "", el("strong", "", name), el("p", "muted", `from ${from}`)),
        el("div", "end", text),
      ),
    ),
  );
}

/** @param {readonly Certificate[]} certificates */
export function certificateList(certificates) {
  if (certificates.length === 0) return nothing("unknown", "Nothing is known of certificates.");
  return el(
    "ul",
    "rows",
    ...shortened(certificates, ({ name, target, state, text }) =>
      el(
        "li",
        "row",
        sign(state),
        el("div", "", el("strong", "", name), el("p", "muted", target)),
        el("div", "end", text),
      ),
    ),
  );
}

/**
 * @param {State} state
 * @param {string} text
 */
function nothing(state, text) {
  return el("p", "finding", sign(state), el("span", "", text));
}

/**
 * @template T
 * @param {readonly T[]} all
 * @param {(one: T) => HTMLElement} show
 * @returns {HTMLElement[]}
 */
function shortened(all, show) {
  const rest = all.length - most;
  return [...all.slice(0, most).map(show), ...(rest > 0 ? [el("li", "muted", `and ${rest} more`)] : [])];
}
