/** One value in a document of secrets, by its path: `db.password`, `users[0].token`. */

/** The parts of a path: names, and numbers in a list. */
export function keyParts(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name = ""]) =>
    index === undefined ? name : Number(index),
  );
}

/** What stands at a path; undefined where nothing does. */
export function atPath(value: unknown, path: string): unknown {
  let found = value;
  for (const part of keyParts(path)) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Object.entries(found).find(([name]) => name === String(part))?.[1];
  }
  return found;
}
