/** Whether a host is as it was when a plan was made. */
import { digestOf } from "../../base/digest.ts";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import type { HostRun } from "../engine/host-run.ts";
import { factNamed } from "../facts/fact.ts";
import { FactStore } from "../facts/fact-store.ts";
import { newWorld } from "../facts/world.ts";
import { hostState } from "../lease/host-state.ts";
import type { PlanFile, PlannedFact } from "./plan-schema.ts";

/** How many facts a message names. */
const named = 12;

/**
 * Reads the facts again that a plan was made from, in one round trip for each user that they were read as.
 *
 * @param again the command that makes a new plan, for hints
 * @throws ShowrunnerError `plan.moved` naming the facts that have changed, `plan.incomplete` where the host could not be
 *   planned for; `host.…`
 */
export async function refuseMoved(plan: PlanFile, host: HostRun, again: string): Promise<void> {
  const planned = plan.hosts[host.info.name];
  if (!planned || planned.failure !== undefined)
    throw new ShowrunnerError(
      "plan.incomplete",
      `this host could not be planned for${planned ? `: ${planned.failure}` : ""}`,
      { hint: `nothing was done on this host; ${again} makes a new plan` },
    );
  // a store of its own: what is read now would be old when the host's turn comes
  const store = new FactStore(host.session, newWorld());
  const problems = await Promise.all(planned.facts.map((fact) => problemOf(plan, fact, host, store)));
  // of one file there are several facts: its text, its digest, its mode
  const moved = [...new Set(problems.filter((problem) => problem !== undefined))];
  if (moved.length === 0) return;
  const facts = moved.length === 1 ? "a fact has" : `${moved.length} facts have`;
  throw new ShowrunnerError(
    "plan.moved",
    `this host is not as it was: ${facts} changed since the plan was made`,
    {
      details: [
        ...moved.slice(0, named),
        ...(moved.length > named ? [`and ${moved.length - named} more`] : []),
      ],
      hint: `nothing was done on this host; ${again} makes a new plan`,
    },
  );
}

async function problemOf(
  plan: PlanFile,
  planned: PlannedFact,
  host: HostRun,
  store: FactStore,
): Promise<string | undefined> {
  const fact = factNamed(planned.fact);
  if (!fact) return `${labelOf(planned)}: the playbook does not have this fact any more`;
  try {
    const as = planned.as === undefined ? undefined : host.becomeAs(planned.as);
    const { value } = await store.read(as, fact, planned.key);
    const lasting = fact.source.lasting ? fact.source.lasting(value) : value;
    return digestOf(plan.salt, lasting) === planned.value ? undefined : labelOf(planned);
  } catch (error) {
    if (error instanceof ShowrunnerError && error.code !== "fact.failed") throw error;
    return `${labelOf(planned)}: ${messageOf(error)}`;
  }
}

/** `/etc/motd, read for copy /etc/motd`, `dpkg.package nginx, read for apt nginx` */
function labelOf({ fact, key, task }: PlannedFact): string {
  if (fact === hostState.name) return "the handlers that are pending there (`npx run handlers` shows them)";
  const about = typeof key === "string" ? key : JSON.stringify(key);
  // a path needs no name of a fact
  const isPath = about.startsWith("/") && /^file(\.|$)/.test(fact);
  return [
    isPath ? about : `${fact} ${about}`.trim(),
    ...(task === undefined ? [] : [`read for ${task}`]),
  ].join(", ");
}
