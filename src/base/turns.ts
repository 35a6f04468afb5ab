/** Takes turns with everybody else: nobody's long work may hold up the event loop, on which all hosts are served. */

/** How much of one turn of the event loop such work may take, all together. Milliseconds. */
const share = 10;

let began: number | undefined;

/**
 * Whether work in small pieces has taken its share of this turn. Ask after a piece, never before it: then each of many
 * gets on by one piece a turn at least, however long the others take.
 *
 * @example
 * for (const piece of pieces) {
 *   handle(piece);
 *   if (isTurnOver()) await nextTurn();
 * }
 */
export function isTurnOver(): boolean {
  if (began !== undefined) return performance.now() - began > share;
  began = performance.now();
  setImmediate(() => {
    began = undefined;
  });
  return false;
}

/** Resolves when all others have had theirs. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
