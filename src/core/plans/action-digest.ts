/** What makes a change the same as one that was planned. */

import { digestOf } from "../../base/digest.ts";
import type { Action, Change } from "../facts/change.ts";

/** @returns the same digest for changes that do the same to a host, whenever they are made */
export function actionDigest(salt: string, { action, rollback }: Change): string {
  return digestOf(salt, rollback ? [essence(action), rollback] : essence(action));
}

/** A digest of each fact that the change sets, with its key and value. */
export function setDigests(salt: string, { sets }: Change): string[] {
  return sets.map(({ fact, key, value }) => digestOf(salt, [fact, key, value]));
}

/** A backup's name has the time in it; of a script, its module knows what differs. */
function essence(action: Action): unknown {
  if (action.kind === "write") return { ...action, backup: action.backup !== undefined };
  if (action.kind !== "script") return action;
  const { compared, ...rest } = action;
  return { ...rest, script: compared ?? rest.script };
}
