/** What the bench prints: a row a contender, and whether the marks were held. */
import { median, type Timing } from "./rounds.ts";

export const names = {
  floor: "floor: OpenSSH and one script",
  showrunner: "Showrunner",
  mitogen: "Ansible with mitogen",
  pipelining: "Ansible with pipelining",
} as const;

/** What Showrunner must hold. */
export interface Mark {
  readonly what: string;
  readonly held: boolean;
  readonly measured: string;
}

export interface Results {
  readonly timings: readonly Timing[];
  /** The most that any host took in any of Showrunner's runs. */
  readonly roundTrips: number;
}

/** The marks that these results can judge: without Ansible there is none about it. */
export function marksOf({ timings, roundTrips }: Results): Mark[] {
  const of = (name: string) => medianOf(timings, name);
  const [floor, own, ansible] = [of(names.floor), of(names.showrunner), of(names.pipelining)];
  const marks: Mark[] = [];
  if (floor !== undefined && own !== undefined)
    marks.push({
      what: "at most 1.5 times the floor",
      held: own / floor <= 1.5,
      measured: `${(own / floor).toFixed(2)} times`,
    });
  if (ansible !== undefined && own !== undefined)
    marks.push({
      what: "at least 50 times faster than Ansible with pipelining",
      held: ansible / own >= 50,
      measured: `${(ansible / own).toFixed(1)} times`,
    });
  marks.push({
    what: "at most 3 round trips a host",
    held: roundTrips <= 3,
    measured: String(roundTrips),
  });
  return marks;
}

/** The table and the marks, as lines. */
export function reportLines(results: Results): string[] {
  const { timings } = results;
  const floor = medianOf(timings, names.floor);
  const own = medianOf(timings, names.showrunner);
  const rows = timings.map(({ name, seconds }) => {
    const middle = median(seconds);
    return [
      name,
      seconds.length.toFixed(0),
      `${middle.toFixed(2)} s`,
      `${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)}`,
      floor === undefined ? "" : (middle / floor).toFixed(2),
      own === undefined ? "" : (middle / own).toFixed(2),
    ];
  });
  const marks = marksOf(results).map(({ what, held, measured }) => [
    what,
    held ? "held" : "missed",
    measured,
  ]);
  return [
    ...table([["nothing differs", "runs", "median", "min–max", "× floor", "× Showrunner"], ...rows]),
    "",
    ...table([["mark", "", "measured"], ...marks]),
  ];
}

function medianOf(timings: readonly Timing[], name: string): number | undefined {
  const timing = timings.find((one) => one.name === name);
  return timing && median(timing.seconds);
}

/** The first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(width(column)) : cell.padStart(width(column))))
      .join("  "),
  );
}
