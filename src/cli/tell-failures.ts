/** For commands that print something else than a run: which hosts failed, and why. */
import type { Subscriber } from "../core/events/events.ts";
import { say, styleFor } from "../report/index.ts";

/** Prints each host's failure on the standard error. */
export const tellFailures: Subscriber = (event) => {
  if (event.type !== "host:failed" && event.type !== "host:unreachable") return;
  const { message, hint } = event.error;
  const style = styleFor(process.stderr);
  say(process.stderr, ...`${event.host} ! ${message}`.split("\n").map((line) => style("red", line)));
  if (hint !== undefined) say(process.stderr, `  ${hint}`);
};
