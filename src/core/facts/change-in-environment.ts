/** A change as it is made in a task's surroundings. */
import type { Change } from "./change.ts";
import { entering, isEmpty, proxiesOf, type Surroundings, surrounded } from "./execution-environment.ts";

/** A change whose commands run in these surroundings: its script, or what checks a file that it writes. */
export function surroundedChange(change: Change, surroundings: Surroundings): Change {
  const { action } = change;
  if (isEmpty(surroundings)) return change;
  if (action.kind === "script")
    return { ...change, action: { ...action, script: surrounded(action.script, surroundings) } };
  if (action.kind === "write" && action.validate !== undefined)
    return { ...change, action: { ...action, validateIn: entering(surroundings) } };
  if (action.kind === "http")
    return {
      ...change,
      action: { ...action, request: { ...action.request, proxies: proxiesOf(surroundings) } },
    };
  return change;
}
