/** Who looks on while a run works: to keep it as a plan, or to hold it to one. */
import type { LimitFunction } from "p-limit";
import type { HostContext } from "../engine/context.ts";
import type { HostRun } from "../engine/host-run.ts";
import type { TaskHooks } from "../engine/task-run.ts";
import type { RunEvent, ShownUnknown } from "../events/events.ts";

/** What such a one may know of the run. */
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
  /** In check mode, nobody can know what the rest of a step will do. */
  onStepUnknown?(context: HostContext, why: ShownUnknown): void;
  /**
   * A step's code has ended well.
   *
   * @throws ShowrunnerError what the code may have rescued, and must not
   */
  onStepEnd?(context: HostContext): void;
  /** Too many hosts have failed in a play: what was left to do is not done. */
  onRunStopped?(play: string, reason: string): void;
  /** All is done, unless the run was interrupted or stopped. */
  onRunEnd?(run: HookContext): void;
}
