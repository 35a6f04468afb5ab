/** A figure over time, as a small picture. */
import { height, paths, scaleFor, width } from "./chart-path.js";
import { el, svg } from "./dom.js";
import { figure } from "./words.js";

/** @import { Span } from "./chart-path.js" */
/** @import { Point } from "./samples.js" */

/**
 * @param {{ readonly title: string, readonly unit: string, readonly isBad?: boolean }} what
 * @param {readonly Point[]} points
 * @param {Span} span
 * @returns {HTMLElement}
 */
export function chart({ title, unit, isBad = false }, points, span) {
  const last = points.at(-1);
  const caption = el("figcaption", "", el("span", "muted", title));
  if (last === undefined || span.to - last.time > 3 * span.step) {
    const nothing = points.length === 0 ? "no figures" : "no figures now";
    caption.append(el("strong", "none", nothing));
    if (last === undefined) return el("figure", "chart", caption, el("div", "empty"));
  } else {
    caption.append(el("strong", "", figure(last.value), el("small", "", unit)));
  }
  const highest = Math.max(...points.map(({ value }) => value));
  const top = scaleFor(highest);
  const label = `${title} over the last hour: now ${figure(last.value)}${unit}, at most ${figure(highest)}${unit}`;
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("path", { d: `M0 ${height - 2}H${width}M0 6H${width}`, class: "grid" }),
    ...paths(points, span, top).flatMap(({ line, area }) => [
      svg("path", { d: area, class: "area" }),
      svg("path", { d: line, class: "line" }),
    ]),
  );
  return el(
    "figure",
    isBad && highest > 0 ? "chart bad" : "chart",
    caption,
    el("div", "plot", picture, el("span", "top muted", `${figure(top)}${unit}`)),
    el("div", "axis muted", el("span", "", clock(span.from)), el("span", "", clock(span.to))),
  );
}

/** @param {number} seconds */
function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
