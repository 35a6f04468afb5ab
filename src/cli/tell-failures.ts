/** For commands that print something else than a run: what it warns of, which hosts failed, and why. */
import type { ShownError, Subscriber } from "../core/events/events.ts";
import { say, styleFor } from "../report/index.ts";
import { errorLines } from "../report/task-text.ts";

/** Prints on the standard error what the run as a whole warns of; what concerns one host is not what was asked for. */
export const tellWarnings: Subscriber = (event) => {
  if (event.type === "warning" && event.host === undefined)
    say(process.stderr, `${styleFor(process.stderr)("yellow", "warning:")} ${event.text}`);
};

/** Prints each host's failure on the standard error. */
export const tellFailures: Subscriber = (event) => {
  if (event.type === "host:failed" || event.type === "host:unreachable") sayFailure(event.host, event.error);
};

/**
 * Prints `HOST ! MESSAGE` on the standard error, and below it all else that a run tells of the same error.
 *
 * @param width of the column that the host's name stands in, in characters; none by default
 */
export function sayFailure(host: string, error: ShownError, width = 0): void {
  const style = styleFor(process.stderr);
  const indent = " ".repeat(width === 0 ? 2 : width + 3);
  say(
    process.stderr,
    ...`${host.padEnd(width)} ! ${error.message}`.split("\n").map((line) => style("red", line)),
    ...errorLines(error, style).map((line) => indent + line),
  );
}
