/** Asks again and again, and shows what is known. */
import { chart } from "./charts.js";
import { byId, fill } from "./dom.js";
import { drawWires } from "./draw-wires.js";
import { askFile, askNow, askRange, charts, NoAnswer } from "./prometheus.js";
import { siteState } from "./site-state.js";
import { alertList, certificateList, drawing, poolTable, replicationList, verdict } from "./view.js";
import { wiresOf } from "./wires.js";
import { duration } from "./words.js";

/** @import { Topology } from "../../drawn-site.ts" */
/** @import { SiteState } from "./site-state.js" */

/** How often the page asks, in milliseconds. */
const every = { state: 5_000, charts: 30_000, clock: 1_000 };
/** Figures older than that, in seconds, say nothing of now. */
const stale = 60;
const hour = 3600;
const step = 30;

/** @type {Topology | undefined} */
let topology;
/** What was shown last, so that nothing is put anew that is the same. */
let shown = "";
/** When the figures came, in milliseconds by this device's clock. */
let cameAt = 0;
/** The title that goes with that. */
let titled = "Status";
let redrawWires = () => {};

async function refreshTopology() {
  topology = readTopology(await askFile("site.json"));
  return topology;
}

async function refresh() {
  try {
    const site = topology ?? (await refreshTopology());
    const { samples, now, age } = await askNow();
    cameAt = Date.now();
    show(site, siteState(site, samples, now), now);
    if (age === undefined) warn("Prometheus has no figures of any host.");
    else if (age > stale)
      warn(
        `Prometheus answers, but has read no host for ${duration(Math.round(age))}. What stands here is old.`,
      );
    else warn("");
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const since = cameAt === 0 ? "" : ` What stands here is of ${new Date(cameAt).toLocaleTimeString()}.`;
    warn(`${error.message}${since}`);
  }
  tell();
}

/**
 * @param {Topology} site
 * @param {SiteState} state
 * @param {number} now
 */
function show(site, state, now) {
  titled = `${site.title}: ${state.verdict.text}`;
  byId("title").textContent = site.title;
  fill("alerts", alertList(state.alerts, now));
  const text = JSON.stringify(state);
  if (text === shown) return;
  shown = text;
  byId("main").hidden = false;
  byId("verdict").className = `verdict ${state.verdict.state}`;
  fill("verdict", ...verdict(state.verdict));
  const { flow, aside, boxes } = drawing(state);
  fill("drawing", flow, ...aside);
  redrawWires = () => drawWires(flow, boxes, wiresOf(state));
  redrawWires();
  fill("pool", poolTable(state.pool));
  fill("replication", replicationList(state.replication));
  fill("certificates", certificateList(state.certificates));
}

/** @param {string} text of what is wrong with the figures; empty: nothing */
function warn(text) {
  const notice = byId("notice");
  if (notice.textContent !== text) notice.textContent = text;
  notice.hidden = text === "";
  document.title = text === "" ? titled : `? ${topology?.title ?? "Status"}: ${text}`;
  // a verdict of old figures must not look like one of now
  document.body.classList.toggle("stale", text !== "");
}

function tell() {
  byId("updated").textContent =
    cameAt === 0 ? "asks for figures" : `updated ${duration(Math.round((Date.now() - cameAt) / 1000))} ago`;
}

async function refreshCharts() {
  const to = Math.floor(Date.now() / 1000 / step) * step;
  const span = { from: to - hour, to, step };
  try {
    // a page stays open for longer than a site stays the same
    await refreshTopology();
    const points = await Promise.all(charts.map(({ query }) => askRange(query, span)));
    fill("charts", ...charts.map((one, index) => chart(one, points[index] ?? [], span)));
  } catch (error) {
    // the figures of now tell of it
    if (!(error instanceof NoAnswer)) throw error;
  }
}

/**
 * @param {unknown} value
 * @returns {Topology}
 */
function readTopology(value) {
  const isTopology = (/** @type {unknown} */ one) =>
    typeof one === "object" && one !== null && "tiers" in one && "addresses" in one && "title" in one;
  if (!isTopology(value)) throw new NoAnswer("The monitoring host has no site.json that the page can read.");
  return /** @type {Topology} */ (value);
}

/**
 * Does something at once and then again and again, each time after the last time has ended; not while nobody looks.
 *
 * @param {() => Promise<void>} work
 * @param {number} pause in milliseconds
 */
async function repeat(work, pause) {
  for (;;) {
    if (!document.hidden) await work();
    await new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", go);
        resolve(undefined);
      };
      const timer = setTimeout(go, pause);
      document.addEventListener("visibilitychange", go);
    });
  }
}

new ResizeObserver(() => redrawWires()).observe(byId("drawing"));
setInterval(tell, every.clock);
void repeat(refresh, every.state);
void repeat(refreshCharts, every.charts);
