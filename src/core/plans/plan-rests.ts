/** The steps whose rest a plan could not predict: where the rest begins in a real run, and which handlers it notifies. */

import type { HostRun } from "../engine/host-run.ts";
import { handlersOf, type TaskRun } from "../engine/task-run.ts";
import { handlerIdentity } from "../lease/handler-identity.ts";
import { isOfStep } from "./plan-match.ts";
import type { Remaining } from "./plan-remaining.ts";
import type { PlanFile } from "./plan-schema.ts";

interface Rest {
  readonly host: string;
  readonly play: string;
  readonly step: string;
  /** The planned tasks that the run certainly comes to before the rest. */
  readonly before: readonly Remaining[];
}

export class UnknownRests {
  readonly #rests: readonly Rest[];
  /** The handlers that tasks of such rests have notified, by their host. */
  readonly #handlers = new WeakMap<HostRun, Set<string>>();

  /** @param remaining the plan's tasks, in their order */
  constructor({ unforeseen }: PlanFile, remaining: readonly Remaining[]) {
    this.#rests = unforeseen.map(({ host, play, step, after }) => ({
      host,
      play,
      step,
      before: remaining
        .slice(0, after)
        .filter(({ task }) => !task.conditional && !task.handler && isOfStep(task, { host, play, step })),
    }));
  }

  /** A task of such a rest begins: the handlers that it notifies could not be predicted either. */
  onTaskStart(run: TaskRun<unknown>): void {
    const { host } = run.context;
    const handlers = this.#handlers.get(host) ?? new Set();
    this.#handlers.set(host, handlers);
    for (const handler of handlersOf(run)) handlers.add(handlerIdentity(handler));
  }

  /** Whether a task that the plan does not list belongs to what could not be predicted. */
  admits({ context, task, become }: TaskRun<unknown>): boolean {
    const { host, origin = host, play, step, isHandler = false } = context;
    if (isHandler) return this.#handlers.get(host)?.has(handlerIdentity({ task, become })) === true;
    return this.#rests.some(
      (one) =>
        one.host === origin.info.name &&
        one.play === play &&
        one.step === step &&
        one.before.every(({ isMet }) => isMet),
    );
  }
}
