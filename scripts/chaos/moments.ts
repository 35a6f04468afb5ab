/** Which events of a run are moments of their own. */
import type { Point } from "./points.ts";
import type { Seen } from "./site-run.ts";

/** Milliseconds. A fault takes about as long to strike, so none can be aimed between events that are closer. */
const apart = 5;

/**
 * The events at which something can happen that can't at the one before: of those of a host that come in one burst
 * (a task ends, its step ends, the next one begins) the first stands for all. Lines of output stand for themselves.
 */
export function momentsOf(seen: readonly Seen[]): Point[] {
  const last = new Map<string | undefined, number>();
  return seen.flatMap(({ event, point }) => {
    if (!point) return [];
    if (point.line !== undefined) return [point];
    const before = last.get(point.host) ?? Number.NEGATIVE_INFINITY;
    last.set(point.host, event.time);
    return event.time - before > apart ? [point] : [];
  });
}
