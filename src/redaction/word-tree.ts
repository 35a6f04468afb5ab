/**
 * Looks for many texts at once: a tree in which texts with the same beginning share it. The time depends on the length
 * of the searched text, and not on the number of texts.
 */
import type { Span } from "../text/undo.ts";

interface Node {
  /** Whether a text ends here. */
  ends: boolean;
  /** By the first character that follows. */
  readonly next: Map<number, Edge>;
}

/** What stands between two nodes: one character or more. */
interface Edge {
  readonly label: string;
  readonly node: Node;
}

const shortest = 3;

/** How many nested texts are looked for at each position. */
const overlaps = 16;

export class WordTree {
  readonly #root: Node = { ends: false, next: new Map() };
  /** The three-character beginnings of the texts: they rule out most positions quickly. */
  readonly #beginnings = new Uint8Array(1 << 16);
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** @param text of three characters or more */
  add(text: string): void {
    let node = this.#root;
    let at = 0;
    while (at < text.length) {
      const edge = node.next.get(text.charCodeAt(at));
      if (!edge) {
        const leaf: Node = { ends: false, next: new Map() };
        node.next.set(text.charCodeAt(at), { label: text.slice(at), node: leaf });
        node = leaf;
        break;
      }
      const shared = sharedLength(edge.label, text, at);
      node = shared === edge.label.length ? edge.node : split(node, edge, shared);
      at += shared;
    }
    if (node.ends) return;
    node.ends = true;
    this.#size++;
    this.#beginnings[beginning(text, 0)] = 1;
  }

  /** Where they are, in order; those that touch or overlap are one. */
  find(text: string): Span[] {
    const found: { start: number; end: number }[] = [];
    // nested texts are looked for as long as that takes no more than a few times the text's length
    let effort = overlaps * text.length;
    for (let at = 0; at <= text.length - shortest; at++) {
      if (this.#beginnings[beginning(text, at)] === 0) continue;
      const end = this.#longest(text, at);
      if (end === undefined) continue;
      const last = found.at(-1);
      if (last && at <= last.end) last.end = Math.max(last.end, end);
      else found.push({ start: at, end });
      effort -= end - at;
      if (effort < 0) at = end - 1;
    }
    return found;
  }

  /** Where the longest one ends that begins at a place. */
  #longest(text: string, start: number): number | undefined {
    let node = this.#root;
    let at = start;
    let end: number | undefined;
    for (;;) {
      if (node.ends) end = at;
      const edge = node.next.get(text.charCodeAt(at));
      if (!edge || !text.startsWith(edge.label, at)) return end;
      at += edge.label.length;
      node = edge.node;
    }
  }
}

function beginning(text: string, at: number): number {
  return (text.charCodeAt(at) * 961 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2)) & 0xffff;
}

function sharedLength(label: string, text: string, at: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(at + length)) length++;
  return length;
}

/** A new node in the middle of an edge. */
function split(parent: Node, { label, node }: Edge, at: number): Node {
  const middle: Node = {
    ends: false,
    next: new Map([[label.charCodeAt(at), { label: label.slice(at), node }]]),
  };
  parent.next.set(label.charCodeAt(0), { label: label.slice(0, at), node: middle });
  return middle;
}
