/** Which host, step and role the running code belongs to: carried along its promises. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Location, ShowrunnerError } from "../../base/errors.ts";
import type { Become } from "../../transport/transport.ts";
import type { Environment } from "../facts/surroundings.ts";
import type { Doubt } from "./doubt.ts";
import type { HostRun } from "./host-run.ts";
import type { SharedWork } from "./shared-work.ts";

/** Something made inside a step that must be awaited before the step ends. */
export interface Owed {
  /** How a message calls it: `apt nginx`. */
  readonly label: string;
  readonly location: Location | undefined;
}

/** Something that was started, with the promise of its end. */
export interface Running extends Owed {
  readonly ended: Promise<unknown>;
}

export interface HostContext {
  readonly host: HostRun;
  /** The host whose step it is, where its code works on another one by `on`. */
  readonly origin?: HostRun;
  /** Within `once`, what has become of it. */
  readonly work?: { readonly host: HostRun; hasChanged: boolean };
  /** The task was notified: it may come in another step than was planned. */
  readonly isHandler?: boolean;
  readonly play: string;
  readonly step: string;
  readonly roles: readonly string[];
  readonly become: Become | undefined;
  /** What the play says of it: undefined where that is left to each host's own setting. */
  readonly playBecome: boolean | string | undefined;
  /** The play's setting, where a task has none. */
  readonly ignoreUnreachable: boolean;
  /** The same for whether a task's values are hidden. */
  readonly noLog: boolean;
  /** The play's variables for the environment of all its tasks. */
  readonly environment?: Environment | undefined;
  /** What was made in this step and is not awaited yet. */
  readonly owed: Set<Owed>;
  /** What was started in this step and has not ended yet. */
  readonly running: Set<Running>;
  /** What is done when the step's body has ended well, by what it is about. */
  readonly endings: Map<string, () => PromiseLike<unknown>>;
  /** Once the step has ended, code of it that nobody waited for may do nothing more. */
  readonly life: { ended: boolean };
  /** What this step's code has learned from results that are not certain. */
  readonly doubt: Doubt;
  /** What the batch does `once` in this step. */
  readonly shared: SharedWork;
}

const storage = new AsyncLocalStorage<HostContext>();

/** Runs a body in a host's context. */
export function withContext<T>(context: HostContext, body: () => T): T {
  return storage.run(context, body);
}

/** The context of the running code, or undefined outside any host. */
export function currentContext(): HostContext | undefined {
  return storage.getStore();
}

/**
 * The context of the running code.
 *
 * @param what what needs it, for the message
 * @throws ShowrunnerError `task.outside-host`, `task.not-awaited` where the code has outlived its step
 */
export function requireContext(what: string, location: Location | undefined): HostContext {
  const context = storage.getStore();
  if (context?.life.ended)
    throw new ShowrunnerError(
      "task.not-awaited",
      `${what} was begun after its step had ended, and did not run`,
      {
        location,
        hint: `the step ${context.step} did not wait for the code that does this: write \`await\` where that is called`,
      },
    );
  if (context) return context;
  throw new ShowrunnerError("task.outside-host", `${what} was awaited outside any host`, {
    location,
    hint: "a task runs on the host of the step that awaits it: await it in a play's step or in a role's run",
  });
}
