/** The table of modules and suites. */
import { articles } from "./case-on-host.ts";

export const columns = ["pure", ...articles] as const;

export interface Count {
  readonly passed: number;
  readonly failed: number;
}

export interface LawRow {
  readonly module: string;
  readonly suite: string;
  /** One for each of `columns`. */
  readonly counts: readonly Count[];
}

/** The rows as text, with a heading: how many cases hold, or how many of how many; a dash where none is about it. */
export function lawTable(rows: readonly LawRow[]): string[] {
  const cells = [
    ["module", "suite", ...columns],
    ...rows.map(({ module, suite, counts }) => [module, suite, ...counts.map(shown)]),
  ];
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  return cells.map((row) => line(row).join("  "));
}

function shown({ passed, failed }: Count): string {
  if (passed + failed === 0) return "-";
  return failed === 0 ? String(passed) : `${passed}/${passed + failed}`;
}
