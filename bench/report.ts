/** What the bench prints: a row a contender, and a row a mark. */
import type { Reached } from "./last.ts";
import { bestOf, holds, type Mark, marks } from "./marks.ts";
import { median, type Result } from "./rounds.ts";

/** Both tables, as lines. */
export function reportLines(results: readonly Result[], last: Reached): string[] {
  return [
    ...table([
      ["what", "runs", "least", "median", "most", "CPU", "a host's", "memory", "round trips"],
      ...results.map(row),
    ]),
    "",
    ...markLines(results, last),
  ];
}

function row({ name, samples }: Result): string[] {
  const best = bestOf([{ name, samples }]);
  const seconds = samples.map((sample) => sample.seconds);
  const [cpu, hostCpu] = [best(name, "cpu"), best(name, "hostCpu")];
  const [memory, roundTrips] = [best(name, "memory"), best(name, "roundTrips")];
  return [
    name,
    String(samples.length),
    ...[Math.min(...seconds), median(seconds), Math.max(...seconds)].map((value) => `${value.toFixed(2)} s`),
    cpu === undefined ? "" : `${cpu.toFixed(3)} s`,
    hostCpu === undefined ? "" : `${hostCpu.toFixed(3)} s`,
    memory === undefined ? "" : `${memory.toFixed(0)} MB`,
    roundTrips === undefined ? "" : String(roundTrips),
  ];
}

function markLines(results: readonly Result[], last: Reached): string[] {
  const best = bestOf(results);
  const rows = marks.map((mark) => {
    const value = mark.measured(best);
    const before = last[mark.what];
    return [
      mark.what,
      bound(mark),
      value === undefined ? "not measured" : shown(mark, value),
      value === undefined ? "" : holds(mark, value) ? "held" : "missed",
      before === undefined ? "" : shown(mark, before),
    ];
  });
  return table([["of the least of all runs", "mark", "now", "", "last time"], ...rows]);
}

function bound(mark: Mark): string {
  return mark.atMost === undefined ? `≥ ${mark.atLeast}${mark.unit}` : `≤ ${mark.atMost}${mark.unit}`;
}

function shown({ unit }: Mark, value: number): string {
  const digits = Number.isInteger(value) ? 0 : value >= 20 ? 1 : 2;
  return `${value.toFixed(digits)}${unit}`;
}

/** The first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((one) => one[column]?.length ?? 0));
  return rows.map((one) =>
    one
      .map((cell, column) => (column === 0 ? cell.padEnd(width(column)) : cell.padStart(width(column))))
      .join("  "),
  );
}
