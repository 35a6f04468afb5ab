/** What a proof has measured, and whether that is as it must be. */
import type { LoadReport } from "../../test/load.ts";

/** One line of the table. */
export interface Figure {
  readonly what: string;
  /** Of a load: how many were sent, how many came to nothing, and how long nobody answered, in seconds. */
  readonly load?: { readonly requests: number; readonly failed: number; readonly away: number };
  /** What else there is to tell: `304 changes, 141 s`. */
  readonly told?: string;
  /** Why it is not as it must be; empty where it is. */
  readonly wrong: readonly string[];
}

/** For how long requests may fail when a balancer dies, in seconds. */
const longestDeath = 4;

/**
 * @param diedAt when a balancer died, by `performance.now()`; undefined where none did, and no request may fail
 * @param wrong what else was not as it must be
 */
export function figureOf(
  what: string,
  { sent, failures, longestSilence }: LoadReport,
  diedAt: number | undefined,
  wrong: readonly string[],
): Figure {
  const load = { requests: sent, failed: failures.length, away: longestSilence };
  const late =
    diedAt === undefined ? failures : failures.filter(({ sentAt }) => sentAt > diedAt + longestDeath * 1000);
  const whys = [...new Set(late.map(({ why }) => why))].slice(0, 3).join("; ");
  const when =
    diedAt === undefined ? "failed" : `failed later than ${longestDeath} s after the balancer died`;
  return {
    what,
    load,
    wrong: [
      ...(sent === 0 ? ["no request was sent"] : []),
      ...(late.length > 0 ? [`${late.length} requests ${when}: ${whys}`] : []),
      ...(diedAt !== undefined && longestSilence > longestDeath
        ? [`nobody answered for ${longestSilence.toFixed(1)} s, more than ${longestDeath}`]
        : []),
      ...wrong,
    ],
  };
}

/** The rows of the table, with its head. */
export function rowsOf(figures: readonly Figure[]): string[][] {
  return [
    ["what", "requests", "failed", "seconds away", ""],
    ...figures.map(({ what, load, told, wrong }) => [
      what,
      load ? String(load.requests) : "",
      load ? String(load.failed) : "",
      load ? load.away.toFixed(2) : "",
      wrong.length > 0 ? "WRONG" : (told ?? "as it must be"),
    ]),
  ];
}
