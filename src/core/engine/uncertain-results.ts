/** Notes which uncertain results a step's code reads. */

import { errorCodes, exitCode, type Location, ShowrunnerError } from "../../base/errors.ts";
import { isLoss } from "../../base/failure-class.ts";
import { callerLocation } from "../../base/location.ts";
import { asFailure } from "../events/failure.ts";
import { UnknownValue } from "../facts/unknown.ts";
import { currentContext, type HostContext } from "./context.ts";
import type { Uncertainty } from "./uncertainty.ts";

/** The task whose result is read. */
interface Asked {
  readonly context: HostContext;
  readonly task: {
    labelFor(hidden: boolean): string;
    readonly location: Location | undefined;
    readonly params: unknown;
  };
  readonly hidden: boolean;
  readonly changes: readonly unknown[];
}

/**
 * Makes the error for code that reads a value that is not known, and remembers it.
 *
 * @param what says what the code has read, in front of the reason
 */
export function readUnknown(
  { context, task, changes, hidden }: Asked,
  what: string,
  reason: string,
): UnknownValue {
  const { location, params } = task;
  const error = new UnknownValue(`${what}: ${reason}`, {
    task: { label: task.labelFor(hidden), location },
    location: callerLocation(),
    // a command that changes nothing was run in the check already
    hint:
      changes.length > 0 && mayBeReadOnly(params)
        ? "if the command changes nothing, give it `readOnly: true`: then it is run in a check, too"
        : undefined,
  });
  remember(reader(context), error);
  return error;
}

/** Notes that code has read a result which is only likely. */
export function readLikely(context: HostContext): void {
  reader(context).uncertainty.read = true;
}

/** The context of the code that reads a result, which need not be the step in which the task was run. */
function reader(made: HostContext): HostContext {
  return currentContext() ?? made;
}

function remember({ uncertainty, host }: HostContext, error: UnknownValue): void {
  if (host.run.options.check === true) uncertainty.unknown ??= error;
}

/** Whether the module takes `readOnly` and was not given it. */
function mayBeReadOnly(params: unknown): boolean {
  return params !== null && typeof params === "object" && Reflect.get(params, "readOnly") === false;
}

/** Takes over the uncertainty of another step whose result this step's code uses. */
export function shareUncertainty(context: HostContext, other: Uncertainty): void {
  if (other.read) context.uncertainty.read = true;
  if (other.unknown) remember(context, other.unknown);
}

/** The same, where the other step ended with an error. */
export function shareFailure(context: HostContext, error: unknown): void {
  if (error instanceof UnknownValue) remember(context, error);
}

/** Whether a host was lost, this one or another one that was delegated to. */
function wasLost({ code, cause }: ShowrunnerError): boolean {
  return isLoss(code) || (cause instanceof ShowrunnerError && wasLost(cause));
}

/**
 * Whether a step's failure can't be predicted, since what led to it is not certain.
 *
 * @returns why the rest of the step is unknown; undefined for a failure that is certain
 */
export function whyUnknown({ uncertainty }: HostContext, error: unknown): UnknownValue | undefined {
  if (error instanceof UnknownValue) return error;
  const failure = asFailure(error);
  const { code, message, location, hint } = failure;
  if (wasLost(failure)) return undefined;
  if (uncertainty.unknown) return uncertainty.unknown;
  if (!uncertainty.read || errorCodes[code].exit !== exitCode.hostFailed) return undefined;
  return new UnknownValue(`it fails if the likely changes are made: ${message}`, { location, hint });
}
