/** The end of a step: nothing that its code made or started may be left hanging. */

import { formatLocation, ShowrunnerError } from "../../base/errors.ts";
import type { HostContext } from "../engine/context.ts";
import type { Unawaited } from "../tasks/scope.ts";

/**
 * Waits for what was started and not awaited, then reports it as an error, as well as what was made and never started:
 * both are surely mistakes.
 *
 * @throws ShowrunnerError `task.not-awaited` with the line of each
 */
export async function refuseLooseEnds(context: HostContext): Promise<void> {
  const started = [...context.running];
  await allEnded(context);
  if (started.length > 0)
    throw notAwaited(started, "was started in this step, and the step ended without waiting for it");
  const made = [...context.unawaited];
  if (made.length > 0) throw notAwaited(made, "was made in this step and never awaited, so it did not run");
}

/** Waits until all that the step started has ended, and what that started in turn. */
export async function allEnded({ running }: HostContext): Promise<void> {
  while (running.size > 0) await Promise.allSettled([...running].map(({ ended }) => ended));
}

function notAwaited(loose: readonly Unawaited[], what: string): ShowrunnerError {
  const [first] = loose;
  const details = loose.map(
    ({ label, location }) => `${label}${location ? ` at ${formatLocation(location)}` : ""}`,
  );
  return new ShowrunnerError("task.not-awaited", `${first?.label} ${what}`, {
    location: first?.location,
    details: loose.length > 1 ? details : [],
    hint: "write `await` before it, or hand it to batch() or notify",
  });
}
