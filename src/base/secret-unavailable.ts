/** The error of a secret that its source can't give. */
import { ShowrunnerError } from "./errors.ts";

/**
 * @param what which secret, and why it can't be had; never a part of its value
 * @param hint what to do next
 * @param cause what was thrown underneath
 */
export function unavailable(what: string, hint?: string, cause?: unknown): ShowrunnerError {
  return new ShowrunnerError("secret.unavailable", what, { hint, cause });
}

/** The error of whoever breaks off what a secret is read by. */
export function interrupted(what = "interrupted while a secret was read"): ShowrunnerError {
  return new ShowrunnerError("interrupted", what);
}
