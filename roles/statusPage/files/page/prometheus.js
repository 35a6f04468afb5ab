/** Asks Prometheus, through the server that the page came from. */
import { pointsIn, Samples, samplesIn, UnreadableAnswer } from "./samples.js";

/** @import { Point } from "./samples.js" */

/** All figures that the page needs as of now: one question, since each one costs a check of the password. */
const figures = [
  "up",
  "keepalived_master",
  "haproxy_server_status",
  "nginx_up",
  "mysql_up",
  "mysql_global_variables_read_only",
  "mysql_slave_status_(slave|replica)_(io|sql)_running",
  "mysql_slave_status_seconds_behind_(master|source)",
  "probe_success",
  "probe_ssl_earliest_cert_expiry",
  "ALERTS",
  "ALERTS_FOR_STATE",
].join("|");

/** HAProxy's own frontends are no visitors, and nor are the balancers' questions to each other. */
const site = 'proxy!~"challenges|health|monitoring|stats"';

/** The charts: what each shows, and how Prometheus is asked for it. */
export const charts = [
  {
    title: "Requests",
    unit: "/s",
    query: `sum(rate(haproxy_frontend_http_responses_total{${site}}[1m]))`,
  },
  {
    title: "Errors (5xx)",
    unit: "/s",
    isBad: true,
    query: `sum(rate(haproxy_frontend_http_responses_total{${site},code="5xx"}[1m]))`,
  },
  {
    title: "Time to answer",
    unit: " ms",
    query: `1000 * max(haproxy_backend_response_time_average_seconds{${site}})`,
  },
  {
    title: "Replication behind",
    unit: " s",
    query: 'max({__name__=~"mysql_slave_status_seconds_behind_(master|source)"})',
  },
];

/** Why there is no answer: a sentence for a person. */
export class NoAnswer extends Error {}

/** Longer than the server itself waits. */
const patience = 12_000;

/**
 * The figures of now.
 *
 * @returns {Promise<{ samples: Samples, now: number, age: number | undefined }>} the moment by Prometheus's clock, and the
 *   seconds since it last read any host; undefined where it has read none
 */
export async function askNow() {
  const [all, newest] = await Promise.all([
    ask("query", { query: `{__name__=~"${figures}"} unless {__name__="haproxy_server_status"} == 0` }),
    ask("query", { query: "max(timestamp(up))" }),
  ]);
  return readable(() => {
    const { samples } = samplesIn(all);
    const { samples: times, time } = samplesIn(newest);
    const [last] = times;
    // without an answer there is no moment either; then nothing is known anyway
    return {
      samples: new Samples(samples),
      now: time,
      age: last === undefined ? undefined : Math.max(0, time - last.value),
    };
  });
}

/**
 * A figure over time.
 *
 * @param {string} query
 * @param {{ from: number, to: number, step: number }} span in seconds
 * @returns {Promise<Point[]>}
 */
export async function askRange(query, { from, to, step }) {
  const answer = await ask("query_range", {
    query,
    start: String(from),
    end: String(to),
    step: String(step),
  });
  return readable(() => pointsIn(answer));
}

/**
 * What a file beside the page holds.
 *
 * @param {string} name
 * @returns {Promise<unknown>}
 */
export function askFile(name) {
  return get(name);
}

/**
 * @param {string} question
 * @param {Readonly<Record<string, string>>} parameters
 */
function ask(question, parameters) {
  return get(`/api/v1/${question}?${new URLSearchParams(parameters)}`);
}

/**
 * @param {string} url
 * @returns {Promise<unknown>}
 */
async function get(url) {
  let response;
  try {
    // a page that was opened with the login in its address can't ask for a path alone
    response = await fetch(new URL(url, `${location.origin}/`), {
      signal: AbortSignal.timeout(patience),
      cache: "no-cache",
    });
  } catch {
    throw new NoAnswer("The monitoring host does not answer.");
  }
  const { status } = response;
  if (status === 401 || status === 403)
    throw new NoAnswer("The monitoring host does not accept the login any more. Load the page again.");
  if (status === 429) throw new NoAnswer("The monitoring host was asked too often, and answers again soon.");
  if (status >= 500) throw new NoAnswer(`Prometheus does not answer (status ${status}).`);
  if (!response.ok) throw new NoAnswer(`The monitoring host refuses the question (status ${status}).`);
  try {
    return await response.json();
  } catch {
    throw new NoAnswer("The monitoring host answers, but not in Prometheus's words.");
  }
}

/**
 * @template T
 * @param {() => T} read
 * @returns {T}
 */
function readable(read) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnreadableAnswer)) throw error;
    throw new NoAnswer(`Prometheus answers what the page can't read: ${error.message}.`);
  }
}
