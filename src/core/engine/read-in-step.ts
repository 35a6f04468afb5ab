/** Reading a fact for the code of a step, which decides by it. */
import type { Location } from "../../base/errors.ts";
import { asFailure } from "../events/failure.ts";
import type { Fact, FactKey } from "../facts/fact.ts";
import type { Known } from "../facts/predictions.ts";
import type { HostContext } from "./context.ts";

/**
 * Reads it as the step's user. In a plan an earlier change may have altered it: what follows from it is then no surer
 * than it is.
 *
 * @param location where the code asks, for errors
 * @throws ShowrunnerError `fact.failed`, `host.…`
 */
export async function readInStep<K extends FactKey, V>(
  context: HostContext,
  fact: Fact<K, V>,
  key: K,
  location: Location | undefined,
): Promise<Known<V>> {
  const { host, become, uncertainty, noLog } = context;
  const known = await host.facts.read(become, fact, key).catch((error: unknown) => {
    throw asFailure(error).at(location);
  });
  const read = host.run.world.reads.of(become?.user, fact, key);
  host.reads.met(context, read);
  if (!noLog) host.reads.note(context, read, host.facts.sizeOf(read));
  if (known.tentative) uncertainty.read = true;
  return known;
}
