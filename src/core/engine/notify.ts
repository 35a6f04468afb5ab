/** Notifies the handlers of a task. */
import type { Certainty } from "../lease/handler-queue.ts";
import { handlersOf, type TaskRun } from "./task-run.ts";

/** A task that has `changedWhen` notifies its handlers once that has been asked. */
export function notifyUnlessConditional<V>(run: TaskRun<V>, certainty: Certainty): void {
  if (run.task.options.changedWhen === undefined) notify(run, certainty);
}

export function notify<V>(run: TaskRun<V>, certainty: Certainty): void {
  for (const handler of handlersOf(run)) run.context.host.handlers.notify(handler, certainty);
}
