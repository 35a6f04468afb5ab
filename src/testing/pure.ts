/** Holds a case to the law without a host. */
import { isDeepStrictEqual } from "node:util";
import type { Change } from "../core/facts/change.ts";
import { type FactValue, factKeyId, factNamed } from "../core/facts/fact.ts";
import { Reach, type RealPathLookup } from "../core/facts/invalidation.ts";
import type { ModuleCase } from "./case.ts";
import { brief, differentChanges, differentFailure } from "./expected.ts";
import { NotGiven, planTask } from "./plan.ts";

/**
 * Plans a case on its facts: the changes are those expected, what they set is what the case says of its end, and planned
 * again on that the task changes nothing.
 *
 * @throws Error saying what differs
 */
export async function holdWithoutHost(one: ModuleCase, facts: readonly FactValue[]): Promise<void> {
  const { outputs = [] } = one;
  const changes: Change[] = [];
  const failure = await failureOf(() => planTask(one.task(), { facts, outputs }, changes));
  const fails = one.plan === undefined ? one.fails : undefined;
  const problem = differentFailure(fails, failure) ?? differentChanges(one.changes, changes);
  if (problem !== undefined) throw new Error(problem);
  const after = afterwards(facts, changes);
  for (const end of one.end) {
    if (typeof end === "string") continue;
    const known = after.find((value) => idOf(value) === idOf(end));
    // without a host, the value of a fact that is only touched is not known
    if (known && !isDeepStrictEqual(known.value, end.value))
      throw new Error(`at the end, ${shown(end)}: expected ${brief(end.value)}, got ${brief(known.value)}`);
  }
  if (failure !== undefined) return;
  const again: Change[] = [];
  const second = await failureOf(() => planTask(one.task(), { facts: after, outputs }, again));
  if (second instanceof NotGiven) return;
  const other = differentFailure(undefined, second) ?? differentChanges(one.again ?? [], again);
  if (other !== undefined) throw new Error(`done again: ${other}`);
}

/** What is known when the changes are made: what they set, and what they leave alone. */
function afterwards(facts: readonly FactValue[], changes: readonly Change[]): FactValue[] {
  let known = new Map(facts.map((value) => [idOf(value), value]));
  for (const { sets, touches } of changes) {
    const reach = new Reach(sets, touches);
    known = new Map([...known].filter(([, value]) => !isReached(reach, value)));
    for (const value of sets) known.set(idOf(value), value);
  }
  return [...known.values()];
}

function isReached(reach: Reach, { fact: name, key, value }: FactValue): boolean {
  const fact = factNamed(name);
  return (
    fact !== undefined && reach.includes({ fact, key, realPath: undefined, current: { value } }, asTheyAre)
  );
}

/** Without a host, every path lies where its name says. */
const asTheyAre: RealPathLookup = { of: (path) => path, version: 0 };

async function failureOf(body: () => Promise<unknown>): Promise<unknown> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return error;
  }
}

const idOf = ({ fact, key }: FactValue) => `${fact}\0${factKeyId(key)}`;

const shown = ({ fact, key }: FactValue) => `${fact} ${factKeyId(key)}`;
