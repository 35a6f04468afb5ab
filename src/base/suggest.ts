/** "Did you mean …?": the nearest of the names there are. */

/**
 * The candidate nearest to `name`, if it is near enough to be a slip of the fingers.
 *
 * @param name what was written
 * @param candidates the names that exist
 * @returns the nearest one within a third of its length (at least one edit), or undefined
 *
 * @example
 * suggest("domian", ["domain", "upstreams"]); // "domain"
 */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
    if (distance <= allowed && (!best || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** ` (did you mean "x"?)`, or nothing: to be appended to a message. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const found = suggest(name, candidates);
  return found === undefined ? "" : ` (did you mean "${found}"?)`;
}

/**
 * Whether `name` is surely a slip of the fingers, also where `meant` is written, too: one letter of a longer word is too
 * many, missing, another or in the other's place. Names that differ in a number or in a short word are two names.
 *
 * @example
 * isSlip("securityUpdate", "securityUpdates"); // true
 * isSlip("site_a", "site_b"); // false, as for web1 and web2, httpPort and httpsPort
 */
export function isSlip(name: string, meant: string): boolean {
  if (name.toLowerCase() === meant.toLowerCase()) return true;
  const wanted = words(meant);
  const written = words(name);
  if (written.length !== wanted.length || editDistance(name.toLowerCase(), meant.toLowerCase()) !== 1)
    return false;
  return written.every((word, at) => {
    const other = wanted[at] ?? "";
    return word === other || Math.min(word.length, other.length) >= 5;
  });
}

/** `bufferPool_2` is buffer, pool and 2. */
function words(name: string): string[] {
  return (name.match(/[0-9]+|[A-Z]?[a-z]+|[A-Z]+/g) ?? []).map((word) => word.toLowerCase());
}

/** Damerau-Levenshtein distance with adjacent transpositions counted once. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(i - 1, j - 1) + same);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1)
        cost = Math.min(cost, at(i - 2, j - 2) + 1);
      row.push(cost);
    }
  }
  return at(a.length, b.length);
}
