/** Makes of anything thrown an error that a user can read. */
import { fileURLToPath } from "node:url";
import { type Location, messageOf, ShowrunnerError } from "../../base/errors.ts";
import { isUserFile } from "../../base/location.ts";
import type { ShownError } from "./events.ts";

/** The error itself if it is ours; else one that names the line of the user's file from which it came. */
export function asFailure(error: unknown): ShowrunnerError {
  if (error instanceof ShowrunnerError) return error;
  // the class of an error that a step throws itself tells the user nothing
  const name = error instanceof Error && error.name !== "Error" ? `${error.name}: ` : "";
  const location = error instanceof Error ? userFrame(error.stack ?? "") : undefined;
  return new ShowrunnerError("step.failed", `${name}${messageOf(error)}`, { cause: error, location });
}

/** An error as events carry it. */
export function showError({ code, message, hint, location, details }: ShowrunnerError): ShownError {
  return { code, message, hint, location, details };
}

function userFrame(stack: string): Location | undefined {
  for (const line of stack.split("\n")) {
    const [, url, at] = /(?:\(|at (?:async )?)((?:file:\/\/)?\/[^():]+):(\d+):\d+\)?$/.exec(line) ?? [];
    if (url === undefined) continue;
    const file = url.startsWith("file://") ? fileURLToPath(url) : url;
    if (isUserFile(file)) return { file, line: Number(at) };
  }
  return undefined;
}
