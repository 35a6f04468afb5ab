/** Circles of imports, between files and between folders. */

/** One file imports another: their paths. */
export type Import = readonly [from: string, to: string];

/**
 * Looks at each folder by itself: what is in it, files and folders, must not import one another in a circle. A circle of
 * files shows in the folder that holds them all, so it is found as well.
 *
 * @returns one circle of each folder that has any, as the imports that make it
 */
export function circles(imports: readonly Import[]): string[] {
  const folders = new Map<string, Map<string, Map<string, string>>>();
  for (const [from, to] of imports) {
    const { folder, importing, imported } = placeOf(from.split("/"), to.split("/"));
    if (importing === imported) continue;
    const arrows = folders.get(folder) ?? new Map<string, Map<string, string>>();
    folders.set(folder, arrows);
    const targets = arrows.get(importing) ?? new Map<string, string>();
    arrows.set(importing, targets.set(imported, `${from} imports ${to}`));
  }
  return [...folders].flatMap(([folder, arrows]) => {
    const circle = circleIn(arrows);
    return circle.length === 0 ? [] : [`in ${folder || "src"}: ${circle.join("; ")}`];
  });
}

/** The folder that holds both, and which of its files or folders has each. */
function placeOf(from: readonly string[], to: readonly string[]) {
  let depth = 0;
  while (depth < from.length - 1 && depth < to.length - 1 && from[depth] === to[depth]) depth++;
  return {
    folder: from.slice(0, depth).join("/"),
    importing: from[depth] ?? "",
    imported: to[depth] ?? "",
  };
}

function circleIn(arrows: ReadonlyMap<string, ReadonlyMap<string, string>>): string[] {
  const done = new Set<string>();
  const visit = (at: string, path: readonly string[], said: readonly string[]): string[] => {
    const begin = path.indexOf(at);
    if (begin >= 0) return said.slice(begin);
    if (done.has(at)) return [];
    for (const [next, says] of arrows.get(at) ?? []) {
      const circle = visit(next, [...path, at], [...said, says]);
      if (circle.length > 0) return circle;
    }
    done.add(at);
    return [];
  };
  for (const start of arrows.keys()) {
    const circle = visit(start, [], []);
    if (circle.length > 0) return circle;
  }
  return [];
}
