/** Looks whether an opaque change has altered nothing but what its author says: as far as anything is known of the host. */
import { isDeepStrictEqual } from "node:util";
import { cutRedacted } from "../../base/cut.ts";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { oneLine } from "../../base/one-line.ts";
import { factKeyId } from "../facts/fact.ts";
import { FactStore } from "../facts/fact-store.ts";
import type { ObservedFact } from "../facts/observations.ts";
import { newWorld } from "../facts/world.ts";
import { hostState } from "../lease/host-state.ts";
import type { TaskRun } from "./task-run.ts";

/** How many facts a message names. */
const named = 12;

/** What of a value a message shows, in characters. */
const longestValue = 400;

/**
 * Reads again what was known before the change and should still be so, in one round trip for each user that it was read
 * as. What other hosts answer moves by itself, so that is left out.
 *
 * @param stated what the author says that it may alter
 * @throws ShowrunnerError `change.not-stated` naming the facts that are others now
 */
export async function verifyStated<V>(run: TaskRun<V>, stated: readonly string[]): Promise<void> {
  const { host } = run.context;
  const known = host.facts.observed.filter(
    ({ fact }) => fact.about !== "world" && fact.name !== hostState.name,
  );
  // a store of its own: the run's would answer with what it knows
  const fresh = new FactStore(host.session, newWorld());
  const looked = await Promise.all(
    known.map(async (one) => ({ one, problem: await problemOf(run, one, fresh) })),
  );
  // what a task beside this one has changed meanwhile is not known any more
  const still = new Map(host.facts.observed.map((one) => [idOf(one), one.value]));
  const altered = looked.flatMap(({ one, problem }) => {
    if (problem === undefined || !Object.is(still.get(idOf(one)), one.value)) return [];
    host.facts.forget(one.fact, one.key);
    return [problem];
  });
  if (altered.length === 0) return;
  const said = stated.length === 0 ? "nothing" : `nothing but ${stated.join(", ")}`;
  throw new ShowrunnerError(
    "change.not-stated",
    `${oneLine(run.task.title)}: its \`touches\` say that it alters ${said}, which is not true`,
    {
      details: [
        ...altered.slice(0, named),
        ...(altered.length > named ? [`and ${altered.length - named} more`] : []),
      ],
      hint: "name in `touches` what else the task may alter, or leave the option out: then it may alter everything",
    },
  );
}

function idOf({ fact, key, as = "" }: ObservedFact): string {
  return [as, fact.name, factKeyId(key)].join("\0");
}

async function problemOf<V>(
  { context: { host } }: TaskRun<V>,
  { fact, key, as, value }: ObservedFact,
  fresh: FactStore,
): Promise<string | undefined> {
  const about = `${fact.name} ${typeof key === "string" ? key : JSON.stringify(key)}`.trim();
  const lasting = (known: unknown) => (fact.source.lasting ? fact.source.lasting(known) : known);
  try {
    const now = await fresh.read(as === undefined ? undefined : host.becomeAs(as), fact, key);
    if (isDeepStrictEqual(lasting(now.value), lasting(value))) return undefined;
    return `${about}: expected ${shown(lasting(value))}, got ${shown(lasting(now.value))}`;
  } catch (error) {
    if (error instanceof ShowrunnerError && error.code !== "fact.failed") throw error;
    return `${about}: ${messageOf(error)}`;
  }
}

/** Bytes by their number: they may be long, and a secret spelled as bytes would escape redaction. */
function shown(value: unknown): string {
  if (Buffer.isBuffer(value)) return `${value.length} bytes`;
  return cutRedacted(JSON.stringify(value) ?? "undefined", longestValue);
}
