/** Who looks on while a run works: to keep it as a plan, or to hold it to one. */

import type { HostContext } from "../engine/context.ts";
import type { FactRead } from "../engine/planning.ts";
import type { Outcome, TaskRun } from "../engine/task-run.ts";
import type { ShownUnknown } from "../events/events.ts";
import type { Change } from "../facts/change.ts";
import type { PlayState } from "./play-run.ts";

export interface RunWatch {
  /** Called when all hosts are known and nothing has been done yet. May fail hosts: they then take no part. */
  begin?(run: PlayState): void | Promise<void>;
  /** A task begins. */
  begun?(task: TaskRun<unknown>): void;
  /**
   * A task was planned in check mode.
   *
   * @param reads the facts it was planned from
   * @param outcome undefined where it failed
   */
  foreseen?(task: TaskRun<unknown>, reads: readonly FactRead[], outcome: Outcome<unknown> | undefined): void;
  /** In check mode, nobody can know what the rest of a step will do. */
  unforeseen?(context: HostContext, why: ShownUnknown): void;
  /**
   * A change is about to be made.
   *
   * @throws ShowrunnerError where it must not be: it is then not made, and its host fails
   */
  permit?(task: TaskRun<unknown>, change: Change): void;
  /**
   * A step's code has ended well.
   *
   * @throws ShowrunnerError what the code may have rescued, and must not
   */
  stepEnded?(context: HostContext): void;
  /** Too many hosts have failed in a play: what was left to do is not done. */
  stopped?(play: string, reason: string): void;
  /** All is done, unless the run was interrupted or stopped. */
  end?(run: PlayState): void;
}
