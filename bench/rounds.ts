/** Who runs when: the contenders take turns, so that what slows the machine down meets all of them alike. */

export interface Contender {
  readonly name: string;
  /** How often it is timed. */
  readonly runs: number;
  /** Runs once and returns the seconds it took. */
  time(): Promise<number>;
}

export interface Timing {
  readonly name: string;
  /** Of each run, in order. */
  readonly seconds: readonly number[];
}

/**
 * Runs all contenders in turn, as often as each wants. Those that run less often are spread evenly.
 *
 * @param onRun called after each run
 */
export async function takeTurns(
  contenders: readonly Contender[],
  onRun: (name: string, seconds: number) => void,
): Promise<Timing[]> {
  const timings = contenders.map(({ name }) => ({ name, seconds: [] as number[] }));
  const rounds = Math.max(...contenders.map(({ runs }) => runs));
  for (let round = 0; round < rounds; round++) {
    for (const [index, { name, runs, time }] of contenders.entries()) {
      if (!hasTurn(runs, round, rounds)) continue;
      const seconds = await time();
      timings[index]?.seconds.push(seconds);
      onRun(name, seconds);
    }
  }
  return timings;
}

function hasTurn(runs: number, round: number, rounds: number): boolean {
  return Math.floor(((round + 1) * runs) / rounds) > Math.floor((round * runs) / rounds);
}

/** The middle value, or the mean of both middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError("no values have no median");
  return (low + high) / 2;
}
