/** Hooks of a run: they keep the run as a plan, or hold the run to a plan. */
import type { LimitFunction } from "p-limit";
import type { HostContext } from "../engine/context.ts";
import type { HostRun } from "../engine/host-run.ts";
import type { TaskHooks } from "../engine/task-run.ts";
import type { RunEvent, ShownUnknown } from "../events/events.ts";

/** What hooks may know of the run. */
export interface HookContext {
  /** All hosts of the run, also those that are only delegated to. */
  readonly hosts: Iterable<HostRun>;
  /** A host of this run, whether the current play names it or not. */
  hostRun(name: string): HostRun;
  /** Lets as many hosts through at a time as the run has forks. */
  readonly forks: LimitFunction;
  readonly interrupted: boolean;
  emit(event: RunEvent): void;
}

export interface RunHooks extends TaskHooks {
  /** Called when all hosts are known and nothing has been done yet. May fail hosts: they then take no part. */
  onRunStart?(run: HookContext): void | Promise<void>;
  /** In check mode: it can't be known what the rest of a step will do. */
  onStepUnknown?(context: HostContext, why: ShownUnknown): void;
  /**
   * A step's code has ended well.
   *
   * @throws ShowrunnerError a failure that the code has rescued although it must not
   */
  onStepEnd?(context: HostContext): void;
  /** Too many hosts have failed in a play: the rest is not done. */
  onRunStopped?(play: string, reason: string): void;
  /** All is done, unless the run was interrupted or stopped. */
  onRunEnd?(run: HookContext): void;
}
