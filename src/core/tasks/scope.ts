/** Where code runs that awaits tasks: the port through which these reach what runs them, carried along promises. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Location, ShowrunnerError } from "../../base/errors.ts";
import type { Task, TaskResult } from "./task.ts";

/** Something made inside a step that must be awaited before the step ends. */
export interface Unawaited {
  /** How a message calls it: `apt nginx`. */
  readonly label: string;
  readonly location: Location | undefined;
}

/** Something that was started, with the promise of its end. */
export interface Running extends Unawaited {
  readonly ended: Promise<unknown>;
}

/** A step on a host, as far as what is awaited in it needs to know. The engine is what implements it. */
export interface Scope {
  readonly step: string;
  /** What was made in this step and is not awaited yet. */
  readonly unawaited: Set<Unawaited>;
  /** What was started in this step and has not ended yet. */
  readonly running: Set<Running>;
  /** Once the step has ended, code of it that nobody waited for may do nothing more. */
  readonly life: { ended: boolean };
  /** What is begun is the engine's work, and none of the step's code. @returns ends it */
  enter(): () => void;
  /** Runs a task on the step's host. */
  runTask<V>(task: Task<V>): Promise<TaskResult<V>>;
}

const storage = new AsyncLocalStorage<Scope>();

/** Runs a body in a scope. */
export function withScope<T>(scope: Scope, body: () => T): T {
  return storage.run(scope, body);
}

/** The scope of the running code, or undefined outside any host. */
export function currentScope(): Scope | undefined {
  return storage.getStore();
}

/**
 * The scope of the running code.
 *
 * @param what what needs it, for the message
 * @throws ShowrunnerError `task.outside-host`, `task.not-awaited` where the code has outlived its step
 */
export function requireScope(what: string, location: Location | undefined): Scope {
  const scope = storage.getStore();
  if (scope?.life.ended)
    throw new ShowrunnerError(
      "task.not-awaited",
      `${what} was awaited after its step had ended, and did not run`,
      {
        location,
        hint: `the step ${scope.step} did not wait for the code that does this: write \`await\` where that code is called`,
      },
    );
  if (scope) return scope;
  throw new ShowrunnerError("task.outside-host", `${what} was awaited outside any host`, {
    location,
    hint: "a task runs on the host of the step that awaits it: await it in a play's step or in a role's run",
  });
}
