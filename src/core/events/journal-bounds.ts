/** What the journal leaves out, so that one large file or one endless line does not fill it. */
import { cut } from "../../base/cut.ts";
import type { TextDiff } from "../facts/change.ts";
import type { ShownChange, TimedEvent } from "./events.ts";

/** Characters of each side of a diff, and of a single value. */
const longestDiff = 32 * 1024;
const longestValue = 4 * 1024;

/** Lines that stay around what differs, as in a unified diff. */
const context = 3;

/** Whether an event is what a command printed. */
export function isOutput(event: TimedEvent): boolean {
  return event.type === "task:output";
}

/**
 * The event with its large texts cut; a small event comes back as it is.
 *
 * @example
 * writeSync(file, JSON.stringify(bounded(event)));
 */
export function bounded(event: TimedEvent): TimedEvent {
  if (event.type === "task:output") return { ...event, text: cut(event.text, longestValue) };
  if (event.type === "message") return { ...event, text: cut(event.text, longestDiff) };
  if (event.type !== "task:end" || event.changes.length === 0) return event;
  return { ...event, changes: event.changes.map(boundedChange) };
}

/** The change with its large texts cut. */
export function boundedChange(change: ShownChange): ShownChange {
  const { what, before, after, diff, stated } = change;
  return {
    what,
    ...("before" in change ? { before: boundedValue(before) } : {}),
    ...("after" in change ? { after: boundedValue(after) } : {}),
    ...("diff" in change ? { diff: diff && boundedDiff(diff) } : {}),
    ...(stated === undefined ? {} : { stated }),
  };
}

function boundedValue(value: unknown): unknown {
  if (typeof value === "string") return cut(value, longestValue);
  if (value === null || typeof value !== "object") return value;
  const text = JSON.stringify(value);
  return text.length > longestValue ? cut(text, longestValue) : value;
}

/** Keeps of a large text only what differs, with a few lines around it. */
function boundedDiff({ path, before, after }: TextDiff): TextDiff {
  if (before.length <= longestDiff && after.length <= longestDiff) return { path, before, after };
  const [old, now] = [before.split("\n"), after.split("\n")];
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < shorter - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const part = (lines: readonly string[]) => {
    const first = Math.max(0, head - context);
    const last = Math.min(lines.length, lines.length - tail + context);
    const kept = lines.slice(first, last).join("\n");
    return [...leftOut(first), cut(kept, longestDiff), ...leftOut(lines.length - last)].join("\n");
  };
  return { path, before: part(old), after: part(now) };
}

function leftOut(lines: number): string[] {
  return lines > 0 ? [`… ${lines} lines that stay`] : [];
}
