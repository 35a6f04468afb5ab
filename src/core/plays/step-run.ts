/** Runs one step of a play, or its handlers, on one host. */
import { isLoss } from "../../base/failure-class.ts";
import { enter, type HostContext, withContext } from "../engine/context.ts";
import type { HostRun } from "../engine/host-run.ts";
import { queueEarlierHandlers, runPendingHandlers } from "../engine/run-pending-handlers.ts";
import { SharedWork } from "../engine/shared-work.ts";
import { whyUnknown } from "../engine/uncertain-results.ts";
import { noUncertainty } from "../engine/uncertainty.ts";
import type { ShownUnknown } from "../events/events.ts";
import { asFailure, showError } from "../events/failure.ts";
import { Absence } from "../facts/early.ts";
import type { UnknownValue } from "../facts/unknown.ts";
import type { Play } from "./play.ts";
import type { PlayState } from "./play-state.ts";
import { allEnded, refuseLooseEnds } from "./step-end.ts";

/**
 * Runs a step's body on a host. A failure is the host's; this never rejects.
 *
 * @param shared what the batch does once in this step
 */
export async function runStep(
  play: Play,
  step: string,
  host: HostRun,
  run: PlayState,
  shared: SharedWork,
): Promise<void> {
  if (run.interrupted) return;
  const { check = false } = run.options;
  const where = { host: host.info.name, play: play.name, step };
  run.emit({ type: "host:step", ...where });
  const context = contextOf(play, step, host, run, shared);
  const vars = run.varsOf(play, host);
  host.begin(context);
  try {
    await withContext(context, () =>
      play.runStep(step, { vars, host: host.info, inventory: run.inventory, check }),
    );
    for (const ending of context.endings.values()) await ending();
    await refuseLooseEnds(context);
    // the code has caught the error for reading an unknown value: what it did after that is no plan
    if (context.uncertainty.unknown) throw context.uncertainty.unknown;
    run.hooks.onStepEnd?.(context);
    host.reads.end(context);
    run.emit({ type: "host:step:end", ...where });
  } catch (error) {
    await allEnded(context);
    const unknown = check ? whyUnknown(context, error) : undefined;
    if (unknown) {
      // nobody knows what the rest of the step would have done
      host.facts.predict([], ["everything"], true);
      host.count("unknown");
      run.hooks.onStepUnknown?.(context, shown(unknown));
      run.emit({ type: "host:step:end", ...where, unknown: shown(unknown) });
    } else fail(step, host, error, run);
  } finally {
    enter(context)(); // what its code was at last may show in the next step
    context.life.ended = true;
  }
}

/** Waits for what a host runs in the background. A failure that no code has seen is the host's; this never rejects. */
export async function endJobs(host: HostRun, run: PlayState): Promise<void> {
  if (host.lost) host.jobs.abandon("the host is lost");
  for (const { step, error } of await host.jobs.waitForAll()) if (!host.lost) fail(step, host, error, run);
}

/**
 * Runs the pending handlers of a host. A failure is the host's; this never rejects.
 *
 * @param withEarlier whether handlers that earlier runs left are due, too
 */
export async function runHandlers(
  play: Play,
  host: HostRun,
  run: PlayState,
  withEarlier: boolean,
): Promise<void> {
  if (run.interrupted) return;
  const where = { host: host.info.name, play: play.name, step: "handlers" };
  run.emit({ type: "host:step", ...where });
  try {
    host.facts.meetOthers();
    const context = contextOf(play, "handlers", host, run, new SharedWork([host]));
    if (withEarlier) queueEarlierHandlers(context, play.name);
    await runPendingHandlers(context);
    run.emit({ type: "host:step:end", ...where });
  } catch (error) {
    fail("handlers", host, error, run);
  }
}

function contextOf(play: Play, step: string, host: HostRun, run: PlayState, shared: SharedWork): HostContext {
  return {
    host,
    hostRun: (name) => run.hostRun(name),
    runTask: run.runTask,
    play: play.name,
    step,
    roles: [],
    become: host.becomeFor(play.become),
    playBecome: play.become,
    ignoreUnreachable: play.ignoreUnreachable,
    noLog: play.noLog,
    environment: play.environment,
    unawaited: new Set(),
    running: new Set(),
    endings: new Map(),
    life: { ended: false },
    uncertainty: noUncertainty(),
    absence: new Absence(),
    shared,
  };
}

function shown({ message, details }: UnknownValue): ShownUnknown {
  return { message, ...details };
}

function fail(step: string, host: HostRun, thrown: unknown, run: PlayState): void {
  if (run.interrupted) return;
  const error = asFailure(thrown);
  host.fail(error);
  const type = isLoss(error.code) ? "host:unreachable" : "host:failed";
  run.emit({ type, host: host.info.name, step, error: showError(error) });
}
