/** Who runs when: the contenders take turns, so that what slows the machine down meets all of them alike. */

/** What one run took. */
export interface Sample {
  readonly seconds: number;
  /** Seconds of CPU. */
  readonly cpu?: number | undefined;
  /** Seconds of CPU on the host that it cost least. */
  readonly hostCpu?: number | undefined;
  /** MB. */
  readonly memory?: number | undefined;
  /** The most that any host took. */
  readonly roundTrips?: number | undefined;
}

export interface Contender {
  readonly name: string;
  /** How often it is run. */
  readonly runs: number;
  /** Runs once. What it does beforehand to get to the same start is not counted. */
  run(): Promise<Sample>;
}

export interface Result {
  readonly name: string;
  /** Of each run, in order. */
  readonly samples: readonly Sample[];
}

/**
 * Runs all contenders in turn, as often as each wants. Those that run less often are spread evenly.
 *
 * @param onRun called after each run
 */
export async function takeTurns(
  contenders: readonly Contender[],
  onRun: (name: string, sample: Sample) => void,
): Promise<Result[]> {
  const results = contenders.map(({ name }) => ({ name, samples: [] as Sample[] }));
  const rounds = Math.max(0, ...contenders.map(({ runs }) => runs));
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      if (!hasTurn(contender.runs, round, rounds)) continue;
      const sample = await contender.run();
      results[index]?.samples.push(sample);
      onRun(contender.name, sample);
    }
  }
  return results;
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
