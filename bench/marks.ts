/** What Showrunner must hold. */

import { lab } from "./lab.ts";
import { names } from "./names.ts";
import type { Result, Sample } from "./rounds.ts";
import { rounds, taskCount } from "./work.ts";

export interface Mark {
  readonly what: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Behind the number. */
  readonly unit: string;
  /** Undefined where what it compares was not measured. */
  measured(best: Best): number | undefined;
}

/** The least that anybody took of anything in any run: what else a run took, others had a part in. */
export type Best = (name: string, of: keyof Sample) => number | undefined;

export function bestOf(results: readonly Result[]): Best {
  return (name, of) => {
    const samples = results.find((one) => one.name === name)?.samples ?? [];
    const values = samples.map((sample) => sample[of]).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : Math.min(...values);
  };
}

const timeOf =
  (own: string, other: string) =>
  (best: Best): number | undefined =>
    quotient(best(own, "seconds"), best(other, "seconds"));

function quotient(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}

export const marks: readonly Mark[] = [
  {
    what: "60 × 5, one batch: time beside the floor's",
    atMost: 0.9,
    unit: "×",
    measured: timeOf(names.batch, names.floor),
  },
  {
    what: "60 × 5, natural: time beside the floor's",
    atMost: 1.0,
    unit: "×",
    measured: timeOf(names.natural, names.floor),
  },
  {
    what: "60 × 5, natural, 50 ms: time beside the floor's there",
    atMost: 1.3,
    unit: "×",
    measured: timeOf(names.slowNatural, names.slowFloor),
  },
  {
    what: "60 × 5, natural, 50 ms: CPU beside that of `node -e 1`",
    atMost: 7,
    unit: "×",
    measured: (best) => quotient(best(names.slowNatural, "cpu"), best(names.node, "cpu")),
  },
  {
    what: "an unchanged task, its code warm and its facts known: our CPU",
    atMost: 0.2,
    unit: " ms",
    measured: (best) =>
      scaled(
        difference(best(names.again, "cpu"), best(names.natural, "cpu")),
        1000 / (lab.hosts.length * taskCount * (rounds - 1)),
      ),
  },
  {
    what: "60 × 5, one batch: round trips a host",
    atMost: 1,
    unit: "",
    measured: (best) => best(names.batch, "roundTrips"),
  },
  {
    what: "60 × 5, natural: round trips a host",
    atMost: 2,
    unit: "",
    measured: (best) => best(names.natural, "roundTrips"),
  },
  {
    what: "60 × 5, natural: a host's CPU, with sshd, PAM and sudo",
    atMost: 60,
    unit: " ms",
    measured: (best) => scaled(best(names.natural, "hostCpu"), 1000),
  },
  {
    what: "Ansible with pipelining: time beside the batch's",
    atLeast: 80,
    unit: "×",
    measured: timeOf(names.pipelining, names.batch),
  },
  {
    what: "Ansible with mitogen: time beside the batch's",
    atLeast: 35,
    unit: "×",
    measured: timeOf(names.mitogen, names.batch),
  },
  {
    what: "first converge: time beside one script's",
    atMost: 1.15,
    unit: "×",
    measured: timeOf(names.converging, names.convergingFloor),
  },
  {
    what: "200 hosts × 60: our CPU a host",
    atMost: 15,
    unit: " ms",
    measured: (best) => scaled(best(names.fleet, "cpu"), 1000 / 200),
  },
  {
    what: "200 hosts × 60: our CPU a host, beyond that of one task",
    atMost: 10,
    unit: " ms",
    measured: (best) => scaled(difference(best(names.fleet, "cpu"), best(names.fleetOne, "cpu")), 1000 / 200),
  },
  {
    what: "1,000 hosts × 60, with long output: our memory",
    atMost: 300,
    unit: " MB",
    measured: (best) => best(names.thousand, "memory"),
  },
  {
    what: "2,000 unchanged files as a tree: round trips",
    atMost: 1,
    unit: "",
    measured: (best) => best(names.tree, "roundTrips"),
  },
  {
    what: "2,000 unchanged files as a tree: time",
    atMost: 1,
    unit: " s",
    measured: (best) => best(names.tree, "seconds"),
  },
];

function difference(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one - other;
}

function scaled(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value * by;
}

/** Whether a value holds a mark. */
export function holds({ atMost = Infinity, atLeast = -Infinity }: Mark, value: number): boolean {
  return value <= atMost && value >= atLeast;
}
