/** What every mark reached last time: kept in a file that is not committed, since it is true of one machine only. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { benchFolder } from "./lab.ts";
import { bestOf, marks } from "./marks.ts";
import type { Result } from "./rounds.ts";

const file = join(benchFolder, "last.json");

/** Values by what their marks are called. */
export type Reached = Readonly<Record<string, number>>;

/** What was reached last time; nothing where there was none. */
export async function readLast(): Promise<Reached> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return {};
  }
}

/**
 * Keeps what was reached now. A mark that was not measured this time keeps what it has.
 *
 * @returns the file
 */
export async function keep(results: readonly Result[]): Promise<string> {
  const best = bestOf(results);
  const now = marks.flatMap(({ what, measured }) => {
    const value = measured(best);
    return value === undefined ? [] : [[what, value] as const];
  });
  await mkdir(benchFolder, { recursive: true });
  const reached: Reached = { ...(await readLast()), ...Object.fromEntries(now) };
  await writeFile(file, `${JSON.stringify(reached, undefined, 2)}\n`);
  return file;
}
