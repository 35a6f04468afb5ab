/** Kinds of failures, by the codes of the errors that tell them. */
import { type ErrorCode, errorCodes } from "./errors.ts";

/** Whether it tells of a mistake of the user's, which meets every host alike. */
export function isMistake(code: ErrorCode): boolean {
  return errorCodes[code].class === "mistake";
}

/** Whether it tells that a kept plan, or another run's lease, stands against it. */
export function isRefusal(code: ErrorCode): boolean {
  return errorCodes[code].class === "refusal";
}

/** Whether it tells that the host is not there, or lets nobody in. */
export function isLoss(code: ErrorCode): boolean {
  return errorCodes[code].class === "loss";
}

/** Whether the task itself has no part in it: another try, or the task's own conditions, would not make it better. */
export function isBeyondTask(code: ErrorCode): boolean {
  return isLoss(code) || isRefusal(code);
}
