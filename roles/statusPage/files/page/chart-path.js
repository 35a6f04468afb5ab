/** A figure over time, as paths of SVG. */

/** @import { Point } from "./samples.js" */

/** @typedef {{ readonly from: number, readonly to: number, readonly step: number }} Span in seconds */

/** The picture's size, in units of its own. */
export const width = 300;
export const height = 72;

/**
 * The line through the points, broken where figures are missing.
 *
 * @param {readonly Point[]} points
 * @param {Span} span
 * @param {number} top the value at the upper edge
 * @returns {{ line: string, area: string }[]} one for each unbroken part, as paths of SVG
 */
export function paths(points, { from, to, step }, top) {
  /** @type {Point[][]} */
  const parts = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    if (point.time - last > 1.5 * step) parts.push([]);
    parts.at(-1)?.push(point);
    last = point.time;
  }
  return parts.map((part) => {
    const places = part.map(({ time, value }) => {
      const x = ((time - from) / (to - from)) * width;
      const y = height - 2 - (Math.min(Math.max(value, 0), top) / top) * (height - 8);
      return [x.toFixed(1), y.toFixed(1)];
    });
    const [[firstX = "0"] = []] = places;
    const [lastX = "0"] = places.at(-1) ?? [];
    // a point alone would not be seen
    const drawn =
      places.length === 1 ? [...places, [String(Number(lastX) + 1), places[0]?.[1] ?? "0"]] : places;
    const line = `M${drawn.map((place) => place.join(" ")).join("L")}`;
    return { line, area: `${line}L${drawn.at(-1)?.[0]} ${height}L${firstX} ${height}Z` };
  });
}

/**
 * A value at the upper edge that a person reads easily.
 *
 * @param {number} highest
 */
export function scaleFor(highest) {
  if (!(highest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => one * power >= highest * 0.999) ?? 10;
  return factor * power;
}
