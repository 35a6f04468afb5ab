/** One try at a task in check mode: plan, and predict each change as the plan yields it. */
import { messageOf, type ShowrunnerError } from "../../base/errors.ts";
import { isLoss } from "../../base/failure-class.ts";
import type { TaskStatus } from "../events/events.ts";
import { asFailure } from "../events/failure.ts";
import { foreseen } from "../facts/change.ts";
import type { Touch } from "../facts/fact.ts";
import { narrowedTouches } from "../facts/stated.ts";
import { notRun, UnknownValue } from "../facts/unknown.ts";
import type { Certainty } from "../lease/handler-queue.ts";
import type { TaskOptions } from "../tasks/task.ts";
import { notify, notifyUnlessConditional } from "./notify.ts";
import { ended } from "./plan-and-apply.ts";
import type { Planning } from "./planning.ts";
import { changeOf, hasChanged, type Outcome, type TaskRun } from "./task-run.ts";

/** Plans, predicts the changes, and says how sure that is. */
export async function planAndPredict<V>(run: TaskRun<V>, planning: Planning): Promise<Outcome<V>> {
  const { task, context, changes } = run;
  const { facts } = context.host;
  try {
    const plan = task.plan(planning);
    let answer = await plan.next(notRun);
    while (!answer.done) {
      // also where the task has read no fact: a check must see whether the host lets this user in
      await facts.enter(run.become);
      const change = changeOf(run, await foreseen(answer.value));
      const { sets, touches } = change;
      changes.push(change);
      notifyUnlessConditional(run, certaintyOf(run, planning));
      const believed = believedTouches(run, touches);
      // where the author says that the task changes nothing, nothing is predicted, and what the world answers stays known
      if (sets.length > 0 || believed.length > 0 || !isSaidToBeNothing(task.options))
        facts.predict(sets, believed, planning.tentative);
      answer = await plan.next(notRun);
    }
    const status = predictedStatus(run, planning);
    if (status !== "unknown") return ended(run, planning, answer.value, status);
    planning.takeFailure();
    const { unmet, uncertainReads } = planning;
    // it would change nothing by what is known now; nobody knows what it does if an earlier change alters those facts
    if (changes.length === 0 && uncertainReads.length > 0) facts.predict([], uncertainReads, true);
    if (unmet)
      return { ...unknown(run, `as yet ${unmet.message}; an earlier change may alter that`), failure: unmet };
    return unknown(
      run,
      run.certainty === "unknown"
        ? "whether this is run at all is not known"
        : "an earlier change may alter what this depends on",
    );
  } catch (error) {
    if (error instanceof UnknownValue) {
      const status = changes.length > 0 ? predictedStatus(run, planning) : "unknown";
      return status === "unknown"
        ? unknown(run, error.message)
        : { status, value: { unknown: error.message } };
    }
    const failure = asFailure(error);
    if (failure.code === "become.refused" && facts.isPredicted) {
      const opaque = narrowedTouches(["everything"], task.options.touches);
      facts.predict([], believedTouches(run, opaque), true);
      return { ...unknown(run, refusedAsYet(failure)), failure };
    }
    if (!planning.tentative || isLoss(failure.code)) throw error;
    // an earlier change may yet prevent this failure, so nobody knows whether it fails, nor what it would do otherwise
    const read = planning.reads.map(({ fact, key }) => ({ fact: fact.name, keys: [key] }));
    facts.predict([], read, true);
    return { ...unknown(run, messageOf(error)), failure };
  }
}

/** The reason for a user that can't be become yet: an earlier change may make the user, allow it, or install sudo. */
function refusedAsYet({ message, details }: ShowrunnerError): string {
  const said = details.length === 0 ? "" : ` (${details.join("; ")})`;
  return `as yet ${message}${said}; an earlier change may alter that`;
}

function isSaidToBeNothing({ changedWhen, touches }: Pick<TaskOptions, "changedWhen" | "touches">): boolean {
  return changedWhen === false || touches?.length === 0;
}

/** Where the author of an opaque task says that it changes nothing, the task makes nothing uncertain. */
function believedTouches<V>({ task }: TaskRun<V>, touches: readonly Touch[]): readonly Touch[] {
  return task.options.changedWhen === false ? touches.filter((touch) => touch !== "everything") : touches;
}

export function predictedStatus<V>(run: TaskRun<V>, { tentative }: Planning): TaskStatus {
  if (!tentative) return hasChanged(run) ? "changed" : "ok";
  return hasChanged(run) && run.certainty !== "unknown" ? "likely" : "unknown";
}

export function unknown<V>(run: TaskRun<V>, reason: string): Outcome<V> {
  if (run.task.options.changedWhen !== false) notify(run, "unknown");
  return { status: "unknown", value: { unknown: reason } };
}

function certaintyOf<V>({ certainty }: TaskRun<V>, { tentative }: Planning): Certainty {
  return certainty === "certain" && tentative ? "likely" : certainty;
}
