/** A change as it is made in a task's execution environment. */
import type { Change } from "./change.ts";
import {
  type ExecutionEnvironment,
  entering,
  inEnvironment,
  isEmpty,
  proxiesOf,
} from "./execution-environment.ts";

/** A change whose commands run in this execution environment: its script, or what checks a file that it writes. */
export function changeInEnvironment(change: Change, executionEnvironment: ExecutionEnvironment): Change {
  const { action } = change;
  if (isEmpty(executionEnvironment)) return change;
  if (action.kind === "script") {
    const { script, compared } = action;
    return {
      ...change,
      action: {
        ...action,
        script: inEnvironment(script, executionEnvironment),
        ...(compared ? { compared: inEnvironment(compared, executionEnvironment) } : {}),
      },
    };
  }
  if (action.kind === "write" && action.validate !== undefined)
    return { ...change, action: { ...action, validateIn: entering(executionEnvironment) } };
  if (action.kind === "http")
    return {
      ...change,
      action: { ...action, request: { ...action.request, proxies: proxiesOf(executionEnvironment) } },
    };
  return change;
}
