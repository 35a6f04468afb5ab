/** Texts in which something was replaced, and where that stood before. */

/** A text made of another one. */
export interface Undone {
  readonly text: string;
  /** What a part of it was made of. */
  origin(span: Span): Span;
}

/** From the first to behind the last character. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Replaces all that a pattern matches.
 *
 * @param pattern global
 * @param meaning what stands there instead
 * @returns undefined where nothing matches
 */
export function undo(text: string, pattern: RegExp, meaning: (found: string) => string): Undone | undefined {
  const pieces = new Pieces();
  const made: string[] = [];
  let last = 0;
  let length = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) {
    const put = meaning(found);
    length += index - last;
    made.push(text.slice(last, index), put);
    last = index + found.length;
    pieces.add({ at: length, length: put.length, start: index, end: last });
    length += put.length;
  }
  if (made.length === 0) return undefined;
  made.push(text.slice(last));
  return { text: made.join(""), origin: (span) => pieces.origin(span) };
}

/** What was replaced: `length` characters at `at` stand for those from `start` to `end`. */
interface Piece extends Span {
  readonly at: number;
  readonly length: number;
}

class Pieces {
  readonly #pieces: Piece[] = [];

  add(piece: Piece): void {
    this.#pieces.push(piece);
  }

  /** Of a piece that is there in part, all: what it was made of can't be parted. */
  origin({ start, end }: Span): Span {
    const first = this.#before(start);
    const last = this.#before(end - 1);
    return {
      start: first === undefined ? start : isWithin(first, start) ? first.start : moved(first, start),
      end: last === undefined ? end : isWithin(last, end - 1) ? last.end : moved(last, end - 1) + 1,
    };
  }

  /** The last one that begins at a place or before it. */
  #before(place: number): Piece | undefined {
    let [low, high] = [0, this.#pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#pieces[middle]?.at ?? 0) <= place) low = middle + 1;
      else high = middle;
    }
    return this.#pieces[low - 1];
  }
}

function isWithin({ at, length }: Piece, place: number): boolean {
  return place < at + length;
}

function moved({ at, length, end }: Piece, place: number): number {
  return end + place - (at + length);
}
