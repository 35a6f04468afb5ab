/** Draws the lines of the drawing. */
import { svg } from "./dom.js";
import { way } from "./wires.js";

/** @import { Wire } from "./wires.js" */

/**
 * Draws the lines behind the boxes.
 *
 * @param {HTMLElement} drawing
 * @param {ReadonlyMap<string, HTMLElement>} boxes by name
 * @param {readonly Wire[]} wires
 */
export function drawWires(drawing, boxes, wires) {
  const origin = drawing.getBoundingClientRect();
  const place = (/** @type {HTMLElement} */ element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return {
      left: left - origin.left,
      right: right - origin.left,
      top: top - origin.top,
      bottom: bottom - origin.top,
    };
  };
  const isDown = getComputedStyle(drawing).gridAutoFlow === "row";
  const order = ["spare", "off", "on"];
  const sorted = [...wires].sort((one, other) => order.indexOf(one.flow) - order.indexOf(other.flow));
  const lines = sorted.flatMap(({ from, to, flow }) => {
    const [start, end] = [boxes.get(from), boxes.get(to)];
    if (start === undefined || end === undefined) return [];
    return [svg("path", { d: way(place(start), place(end), isDown), class: `wire ${flow}` })];
  });
  const size = {
    width: origin.width,
    height: origin.height,
    viewBox: `0 0 ${origin.width} ${origin.height}`,
  };
  const picture = svg("svg", { ...size, class: "wires", "aria-hidden": "true" }, ...lines);
  drawing.querySelector(":scope > .wires")?.remove();
  drawing.prepend(picture);
}
