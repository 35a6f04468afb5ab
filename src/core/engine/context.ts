/** Which host, step and role the running code belongs to. */
import type { Location } from "../../base/errors.ts";
import { ShowrunnerError } from "../../base/errors.ts";
import type { Become } from "../../transport/transport.ts";
import type { Absence } from "../facts/early.ts";
import type { Environment } from "../facts/execution-environment.ts";
import type { Certainty } from "../lease/handler-queue.ts";
import {
  currentScope,
  type Running,
  requireScope,
  type Scope,
  type Unawaited,
  withScope,
} from "../tasks/scope.ts";
import type { Task, TaskResult } from "../tasks/task.ts";
import type { Detachment } from "./detached.ts";
import type { HostRun } from "./host-run.ts";
import type { SharedWork } from "./shared-work.ts";
import type { Uncertainty } from "./uncertainty.ts";

export interface HostContext {
  readonly host: HostRun;
  /** The host whose step it is, where its code works on another one by `on`. */
  readonly origin?: HostRun;
  /** A host of this run, whether the current play names it or not. */
  readonly hostRun: (name: string) => HostRun;
  readonly runTask: RunTask;
  /** Within `once`: the host that does it, and whether that host has begun a change. */
  readonly work?: { readonly host: HostRun; hasChanged: boolean };
  /** The task was notified: it may come in another step than was planned. */
  readonly isHandler?: boolean;
  readonly play: string;
  readonly step: string;
  readonly roles: readonly string[];
  readonly become: Become | undefined;
  /** What the play says of `become`; undefined where that is left to each host's own setting. */
  readonly playBecome: boolean | string | undefined;
  /** The play's setting, for tasks that have none. */
  readonly ignoreUnreachable: boolean;
  /** The play's setting of whether values are hidden, for tasks that have none. */
  readonly noLog: boolean;
  /** The play's variables for the environment of all its tasks. */
  readonly environment?: Environment | undefined;
  /** What was made in this step and is not awaited yet. */
  readonly unawaited: Set<Unawaited>;
  /** What was started in this step and has not ended yet. */
  readonly running: Set<Running>;
  /** What is done when the step's body has ended well; the key keeps the same from being added twice. */
  readonly endings: Map<string, () => PromiseLike<unknown>>;
  /** Whether the step has ended: code of it that is still running may then do nothing more. */
  readonly life: { ended: boolean };
  /** What this step's code has learned from results that are not certain. */
  readonly uncertainty: Uncertainty;
  /** Whether this step's code is at something other than tasks. */
  readonly absence: Absence;
  /** What the batch does `once` in this step. */
  readonly shared: SharedWork;
}

/** Runs a task in a context: see run-task.ts. */
export type RunTask = <V>(task: Task<V>, context: HostContext, terms?: TaskTerms) => Promise<TaskResult<V>>;

/** How a task is run that is not simply awaited. */
export interface TaskTerms {
  /** Whether the task will run at all, in a plan. Default: it certainly will. */
  readonly certainty?: Certainty;
  /** Where it runs in the background. */
  readonly detachment?: Detachment;
}

/** The scope of a step on a host: through it, what the step's code awaits reaches the engine. */
class HostScope implements Scope {
  readonly context: HostContext;

  constructor(context: HostContext) {
    this.context = context;
  }

  get step(): string {
    return this.context.step;
  }

  get unawaited(): Set<Unawaited> {
    return this.context.unawaited;
  }

  get running(): Set<Running> {
    return this.context.running;
  }

  get life(): { ended: boolean } {
    return this.context.life;
  }

  enter(): () => void {
    return enter(this.context);
  }

  runTask<V>(task: Task<V>): Promise<TaskResult<V>> {
    return this.context.runTask(task, this.context);
  }
}

/** Runs a body in a host's context. */
export function withContext<T>(context: HostContext, body: () => T): T {
  return withScope(new HostScope(context), body);
}

/**
 * The step's code is at what the engine does. Where it was at something else before, that is told.
 *
 * @returns ends it
 */
export function enter({ absence, host }: HostContext): () => void {
  if (absence.begin()) host.strayed();
  return () => absence.end();
}

/** The context of the running code, or undefined outside any host. */
export function currentContext(): HostContext | undefined {
  const scope = currentScope();
  return scope && contextOf(scope);
}

/**
 * The context of the running code.
 *
 * @param what what needs it, for the message
 * @throws ShowrunnerError `task.outside-host`, `task.not-awaited` where the code has outlived its step
 */
export function requireContext(what: string, location: Location | undefined): HostContext {
  return contextOf(requireScope(what, location));
}

/** The context that a scope belongs to. */
export function contextOf(scope: Scope): HostContext {
  if (scope instanceof HostScope) return scope.context;
  throw new ShowrunnerError("internal", `the step ${scope.step} is on no host of this engine`);
}

/** As whom a task runs, from its own option or the play's setting. */
export function becomeOf(
  options: { readonly become?: boolean | string },
  context: HostContext,
): Become | undefined {
  const { become } = options;
  if (become === undefined) return context.become;
  return become === false ? undefined : context.host.becomeAs(become);
}
