/** One try at a task: plan, and make or predict each change as the plan yields it. */
import type { Output } from "../transport/transport.ts";
import { applyChange } from "./apply.ts";
import type { Change } from "./change.ts";
import { milliseconds } from "./duration.ts";
import { messageOf } from "./errors.ts";
import type { TaskStatus } from "./events.ts";
import { asFailure } from "./failure.ts";
import type { Certainty } from "./handlers.ts";
import { LineSplitter } from "./lines.ts";
import type { Planning } from "./planning.ts";
import { surroundedChange } from "./surroundings.ts";
import type { Outcome, TaskRun } from "./task-run.ts";
import { notRun, UnknownValue } from "./unknown.ts";
import { verifyChange } from "./verify.ts";

const defaultTimeout = "30m";

/** Plans and makes the changes. */
export async function attempt<V>(run: TaskRun<V>, planning: Planning): Promise<Outcome<V>> {
  const plan = run.task.plan(planning);
  let answer = await plan.next(notRun);
  while (!answer.done)
    answer = await plan.next(await makeNotifying(run, surroundedChange(answer.value, run.surroundings)));
  return { status: run.changes.length > 0 ? "changed" : "ok", value: { known: answer.value } };
}

/** Plans, predicts the changes, and says how sure that is. */
export async function foresee<V>(run: TaskRun<V>, planning: Planning): Promise<Outcome<V>> {
  const { task, context, changes } = run;
  const { facts } = context.host;
  try {
    const plan = task.plan(planning);
    let answer = await plan.next(notRun);
    while (!answer.done) {
      const { sets, touches } = answer.value;
      changes.push(surroundedChange(answer.value, run.surroundings));
      notify(run, certaintyOf(run, planning));
      facts.predict(sets, touches, planning.tentative);
      answer = await plan.next(notRun);
    }
    const status = foreseenStatus(run, planning);
    if (status !== "unknown") return { status, value: { known: answer.value } };
    return unknown(run, "an earlier change may alter what this depends on");
  } catch (error) {
    if (error instanceof UnknownValue) {
      const status = changes.length > 0 ? foreseenStatus(run, planning) : "unknown";
      return status === "unknown"
        ? unknown(run, error.message)
        : { status, value: { unknown: error.message } };
    }
    if (!planning.tentative || asFailure(error).code.startsWith("host.")) throw error;
    // it fails on what an earlier change may yet bring about, so nobody knows: nor what it would have done
    const read = planning.reads.map(({ fact, key }) => ({ fact: fact.name, keys: [key] }));
    facts.predict([], read, true);
    return unknown(run, messageOf(error));
  }
}

function foreseenStatus<V>({ changes, certainty }: TaskRun<V>, { tentative }: Planning): TaskStatus {
  if (!tentative) return changes.length > 0 ? "changed" : "ok";
  return changes.length > 0 && certainty !== "unknown" ? "likely" : "unknown";
}

function unknown<V>(run: TaskRun<V>, reason: string): Outcome<V> {
  notify(run, "unknown");
  return { status: "unknown", value: { unknown: reason } };
}

function certaintyOf<V>({ certainty }: TaskRun<V>, { tentative }: Planning): Certainty {
  return certainty === "certain" && tentative ? "likely" : certainty;
}

function notify<V>({ task, context }: TaskRun<V>, certainty: Certainty): void {
  for (const handler of task.handlers) context.host.handlers.notify(handler, certainty);
}

/** Makes a change and owes its handlers: also where it failed, unless it certainly had no effect. */
async function makeNotifying<V>(run: TaskRun<V>, change: Change): Promise<Output> {
  try {
    const output = await make(run, change);
    notify(run, "certain");
    run.changes.push(change);
    return output;
  } catch (error) {
    // a file that could not be written, or that its check refused, is as it was
    const noEffect = change.action.kind === "write" && asFailure(error).code === "change.failed";
    if (!noEffect) notify(run, "certain");
    throw error;
  }
}

/** Makes one change for real, streaming what it prints; afterwards the facts it concerns are stale. */
async function make<V>({ task, context, become, shown }: TaskRun<V>, change: Change): Promise<Output> {
  const { host } = context;
  const { run } = host;
  const splitter = new LineSplitter((stream, text) =>
    run.emit({ type: "task:output", host: host.info.name, task: shown.id, stream, text }),
  );
  let output: Output;
  try {
    output = await applyChange(host.session, become, change, {
      onOutput: (stream, chunk) => splitter.push(stream, chunk),
      timeout: milliseconds(task.options.timeout ?? defaultTimeout),
    });
  } finally {
    splitter.end();
    // also after a failure: nobody knows how far it came
    host.facts.invalidate(change.sets, change.touches);
  }
  if (run.options.verify) await verifyChange(change, host.facts, become);
  return output;
}
