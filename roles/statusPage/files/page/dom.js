/** Elements of the page. Texts go in as texts: nothing that a host says is ever read as HTML. */

/** @import { State } from "./host-state.js" */

/** No name or label is longer: a host could fill the page with it. */
const longest = 200;

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children.map((child) => (typeof child === "string" ? cut(child) : child)));
  return element;
}

/** @param {string} text */
function cut(text) {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string | number>>} attributes
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Each state has a shape of its own: colour alone tells not everybody. */
const shapes = {
  ok: { outline: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z", mark: "M4.8 8.3l2.2 2.2 4.3-4.7", word: "fine" },
  paused: { outline: "M2 2h12v12H2z", mark: "M6.2 5v6M9.8 5v6", word: "taken out" },
  unknown: {
    outline: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z",
    mark: "M6 6.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.6-.8 1.2M8 11.6v.1",
    word: "unknown",
  },
  warning: { outline: "M8 1.2l7.2 13.2H.8z", mark: "M8 6v4M8 12.2v.1", word: "warning" },
  bad: { outline: "M5 1h6l4 4v6l-4 4H5l-4-4V5z", mark: "M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8", word: "broken" },
};

/**
 * A state as a shape, with its word for those who hear the page.
 *
 * @param {State} state
 */
export function sign(state) {
  const { outline, mark, word } = shapes[state];
  const picture = svg(
    "svg",
    { viewBox: "0 0 16 16", class: `sign ${state}`, role: "img", "aria-label": word },
    svg("path", { d: outline, class: "outline" }),
    svg("path", { d: mark, class: "mark" }),
  );
  return picture;
}

/**
 * Puts new children in the place of the old ones.
 *
 * @param {string} id
 * @param {...Node} children
 */
export function fill(id, ...children) {
  byId(id).replaceChildren(...children);
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element ${id}`);
  return element;
}
