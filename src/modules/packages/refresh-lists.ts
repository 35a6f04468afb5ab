/** Fetches the package lists. */

import { aptOffer, freshAptLists } from "../../facts/apt-lists.ts";
import { aptSimulation } from "../../facts/apt-simulation.ts";
import { fileFacts } from "../../facts/file-effects.ts";
import { type Change, change, type Plan, type PlanHost } from "../../kit/index.ts";
import { updateLists } from "./apt-get.ts";
import { type AptSettings, lockTimeoutOf } from "./apt-params.ts";

/** How long lists count as just fetched: fetching them again would bring nothing. Seconds. */
export const justFetched = 300;

/** Lists of any age will do, as long as there are some. Seconds. */
export const everSince = Number.MAX_SAFE_INTEGER;

/** Fetches the package lists if they are too old. */
export async function* refresh(host: PlanHost, p: AptSettings): Plan<void> {
  const { cacheValidTime: within = 3600 } = p;
  const fresh = within > 0 && (await host.fact(freshAptLists, { within }));
  if (!fresh) yield fetchLists(within, lockTimeoutOf(p));
}

export function fetchLists(within: number, lockTimeout: number): Change {
  return change({
    what: "package lists",
    before: "old",
    after: "fetched",
    script: updateLists(lockTimeout),
    sets: [...new Set([within, justFetched])]
      .filter((seconds) => seconds > 0)
      .map((seconds) => freshAptLists.is({ within: seconds }, true)),
    touches: [aptOffer.of(), aptSimulation.of(), freshAptLists.of(), ...fileFacts("/var/lib/apt/lists")],
  });
}
