/** What a play needs of its run. */
import type { RunTask } from "../engine/context.ts";
import type { HostRun } from "../engine/host-run.ts";
import type { RunState } from "../engine/run-state.ts";
import type { StepConfirmation } from "./confirm.ts";
import type { Play } from "./play.ts";
import type { HookContext, RunHooks } from "./run-hooks.ts";

export interface PlayState extends RunState, HookContext {
  readonly runTask: RunTask;
  readonly hooks: RunHooks;
  /** Whether a step is wanted. */
  readonly confirmation: StepConfirmation;
  /** The host's checked variables. */
  varsOf(play: Play, host: HostRun): unknown;
}
