/** Holds a case to the law without a host. */
import { isDeepStrictEqual } from "node:util";
import type { Change } from "../core/facts/change.ts";
import { type FactValue, factKeyId, factNamed } from "../core/facts/fact.ts";
import { Predictions } from "../core/facts/predictions.ts";
import { RealPaths } from "../core/facts/real-paths.ts";
import type { ModuleCase } from "./case.ts";
import { brief, differentChanges, differentFailure } from "./expected.ts";
import { NotGiven, planTask } from "./plan.ts";

/**
 * Plans a case on its facts: the changes are those expected, they lead to what the case says of its end, and planned
 * again on that the task changes nothing.
 *
 * @param shared the facts of every case
 * @returns the facts of the case's end that only a host can show, a line each: its changes may alter them, and do not
 *   say to what
 * @throws Error saying what differs; or what of the end nothing checks, where the case runs on no host either
 */
export async function holdWithoutHost(
  one: ModuleCase,
  shared: readonly FactValue[] = [],
): Promise<readonly string[]> {
  const { outputs = [] } = one;
  const facts = [...shared, ...(one.facts ?? [])];
  const changes: Change[] = [];
  const failure = await failureOf(() => planTask(one.task(), { facts, outputs }, changes));
  const fails = one.plan === undefined ? one.fails : undefined;
  const problem = differentFailure(fails, failure) ?? differentChanges(one.changes, changes);
  if (problem !== undefined) throw new Error(problem);
  const valueAfter = afterwards(facts, changes);
  const unseen: string[] = [];
  for (const end of one.end) {
    if (typeof end === "string") continue;
    const known = valueAfter(end);
    if (known === undefined) unseen.push(shown(end));
    else if (!isDeepStrictEqual(known.value, end.value))
      throw new Error(`at the end, ${shown(end)}: expected ${brief(end.value)}, got ${brief(known.value)}`);
  }
  const scripts = one.end.filter((end) => typeof end === "string");
  const unchecked = one.start === undefined ? [...unseen, ...scripts] : [];
  if (unchecked.length > 0)
    throw new Error(
      `only a host shows its end, and without \`start\` it runs on none: ${unchecked.join("; ")}`,
    );
  if (failure !== undefined) return unseen;
  const after = [...facts, ...changes.flatMap(({ sets }) => sets)].flatMap(
    (value) => valueAfter(value) ?? [],
  );
  const again: Change[] = [];
  const second = await failureOf(() => planTask(one.task(), { facts: after, outputs }, again));
  if (second instanceof NotGiven) return unseen;
  const other = differentFailure(undefined, second) ?? differentChanges(one.again ?? [], again);
  if (other !== undefined) throw new Error(`done again: ${other}`);
  return unseen;
}

/** What is known when the changes are made: what they set, and what they leave alone. */
function afterwards(
  facts: readonly FactValue[],
  changes: readonly Change[],
): (asked: FactValue) => FactValue | undefined {
  // without a host, every path lies where its name says
  const known = new Predictions(new RealPaths(async (_, directory) => directory));
  known.add(facts, [], false);
  for (const { sets, touches } of changes) known.add(sets, touches, false);
  return ({ fact: name, key }) => {
    const fact = factNamed(name);
    const now = fact && known.of(fact, key);
    return now === undefined || now.tentative ? undefined : { fact: name, key, value: now.value };
  };
}

async function failureOf(body: () => Promise<unknown>): Promise<unknown> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return error;
  }
}

const shown = ({ fact, key }: FactValue) => `${fact} ${factKeyId(key)}`;
