/** What a run is about: the plays that are left, with their hosts. */

import type { HostInfo, InventoryView } from "../../base/host.ts";
import { asFailure } from "../events/failure.ts";
import type { Play, Playbook } from "./play.ts";
import { type Selection, selectSteps } from "./selection.ts";
import type { PlayHosts } from "./vars.ts";

export interface PlaysRequest {
  readonly playbook: Playbook;
  readonly inventory: InventoryView;
  /** A further pattern that hosts must match. */
  readonly limit?: string | undefined;
  /** Which steps are run. Default: all but those tagged `never`. */
  readonly selection?: Selection | undefined;
}

/**
 * Each play's hosts, and the steps that are run. An empty match is an error, but for two cases: a group that the
 * inventory declares with no hosts, and a limit that is about other plays.
 *
 * @throws ShowrunnerError `inventory.pattern`, `usage`
 */
export function selectPlays({ playbook, inventory, limit, selection = {} }: PlaysRequest): PlayHosts[] {
  const plays = selectSteps(playbook.plays, selection);
  const selected = plays.map((play) => {
    if (limit !== undefined)
      return { play, hosts: inventory.select(play.hosts, { limit, allowEmpty: true }) };
    const declaredEmpty = inventory.groups.has(play.hosts) && inventory.group(play.hosts).length === 0;
    return { play, hosts: declaredEmpty ? [] : selectFor(play, inventory) };
  });
  const [first] = plays;
  if (first && selected.every(({ hosts }) => hosts.length === 0))
    inventory.select(first.hosts, limit === undefined ? {} : { limit }); // says why there is none
  return selected;
}

/** @throws ShowrunnerError `inventory.pattern` with the play's line */
function selectFor(play: Play, inventory: InventoryView): readonly HostInfo[] {
  try {
    return inventory.select(play.hosts);
  } catch (error) {
    throw asFailure(error).at(play.location);
  }
}
