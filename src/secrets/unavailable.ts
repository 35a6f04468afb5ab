/** The error of a secret that its source can't give. */
import { messageOf, ShowrunnerError } from "../core/base/errors.ts";

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

/** Why a file can't be read, in a few words. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "it may not be read by this user";
  if (code === "EISDIR") return "it is a folder";
  return messageOf(error);
}
