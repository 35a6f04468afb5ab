/** Which reads of a task the next run is to expect: those of a run that finds the task done. */
import type { Read } from "../facts/read.ts";
import type { Task } from "../tasks/task.ts";
import type { TaskRead } from "./planning.ts";
import type { TaskRun } from "./task-run.ts";

/** Whether a task looks until something has come about by itself. */
export function isWaiting<V>({ patience, options }: Task<V>): boolean {
  return patience !== undefined || options.until !== undefined;
}

/** Takes note of what any run of the task asks for. What it asked for further shows its worth at its end. */
export function noteRead<V>(run: TaskRun<V>, { read, isFirst }: TaskRead): void {
  const { task, context, hidden } = run;
  context.host.reads.met(context, read);
  // a handler runs after a change only, and of a task whose values are hidden nothing is kept
  if (hidden || context.isHandler === true || isWaiting(task)) return;
  if (isFirst) note(run, read);
  else run.furtherReads.push(read);
}

/** At the task's end: what it asked for in order to make a change is asked for only where there is one to make. */
export function noteFurtherReads<V>(run: TaskRun<V>): void {
  if (run.changes.length === 0) for (const read of run.furtherReads) note(run, read);
}

function note<V>({ context }: TaskRun<V>, read: Read): void {
  const { reads, facts } = context.host;
  reads.note(context, read, facts.sizeOf(read));
}
