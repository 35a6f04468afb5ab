/** Runs one task on one host: plan, apply or predict, report. Every module gets all of this for nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Become, Output } from "../transport/transport.ts";
import { applyChange } from "./apply.ts";
import type { Change } from "./change.ts";
import type { HostContext } from "./context.ts";
import { milliseconds } from "./duration.ts";
import { messageOf, ShowrunnerError } from "./errors.ts";
import type { ShownError, ShownTask, TaskStatus } from "./events.ts";
import { asFailure, showError } from "./failure.ts";
import { LineSplitter } from "./lines.ts";
import { Planning } from "./planning.ts";
import { becomeOf, type Task, type TaskResult } from "./task.ts";
import { notRun, UnknownValue } from "./unknown.ts";
import { verifyChange } from "./verify.ts";

/** How one try at a task ended. */
interface Outcome<V> {
  readonly status: TaskStatus;
  readonly changes: readonly Change[];
  readonly value: { readonly known: V } | { readonly unknown: string };
}

const defaultTimeout = "30m";
const defaultDelay = "5s";

export interface RunTaskOptions {
  /** True if the task is only likely to run. */
  readonly tentative?: boolean;
}

/**
 * @returns the result; in check mode its value may be unknown, and reading it then throws
 * @throws ShowrunnerError if the task failed for good
 */
export async function runTask<V>(
  task: Task<V>,
  context: HostContext,
  { tentative = false }: RunTaskOptions = {},
): Promise<TaskResult<V>> {
  const { host, step } = context;
  const { run } = host;
  const shown: ShownTask = {
    id: run.nextTaskId(),
    module: task.module,
    title: task.title,
    roles: context.roles,
    location: task.location,
  };
  const started = performance.now();
  const end = (
    status: TaskStatus,
    changes: readonly Change[],
    more: { reason?: string; error?: ShownError } = {},
  ) => {
    // a lost host is counted as unreachable, once, by the run
    if (!more.error?.code.startsWith("host.")) host.count(status);
    const seconds = (performance.now() - started) / 1000;
    const shownChanges = changes.map(({ what, before, after, diff }) => ({ what, before, after, diff }));
    run.emit({
      type: "task:end",
      host: host.info.name,
      step,
      task: shown,
      status,
      changes: shownChanges,
      seconds,
      ...more,
    });
  };

  run.emit({ type: "task:start", host: host.info.name, step, task: shown });
  try {
    const outcome = await withRetries(task, context, shown, tentative);
    end(outcome.status, outcome.changes, "unknown" in outcome.value ? { reason: outcome.value.unknown } : {});
    if (task.message !== undefined) run.emit({ type: "message", host: host.info.name, text: task.message });
    return resultOf(outcome);
  } catch (error) {
    const failure = asFailure(error).at(task.location);
    if (!task.options.ignoreErrors || failure.code.startsWith("host.")) {
      end("failed", [], { error: showError(failure) });
      throw failure;
    }
    end("failed", [], { error: showError(failure), reason: "ignored" });
    return resultOf({ status: "failed", changes: [], value: { unknown: failure.message } });
  }
}

async function withRetries<V>(
  task: Task<V>,
  context: HostContext,
  shown: ShownTask,
  tentative: boolean,
): Promise<Outcome<V>> {
  const { host } = context;
  const attempts = host.run.options.check ? 1 : (task.options.retries ?? 0) + 1;
  for (let attempt = 1; ; attempt++) {
    const planning = new Planning(host, becomeOf(task.options, context), tentative);
    let reason: string;
    try {
      const outcome = await tryPatiently(task, context, planning, shown);
      if (host.run.options.check || !task.options.until || task.options.until(resultOf(outcome)))
        return outcome;
      reason = "the condition does not hold yet";
      if (attempt >= attempts)
        throw new ShowrunnerError("task.failed", `the condition did not come true in ${attempts} tries`);
    } catch (error) {
      if (attempt >= attempts || asFailure(error).code.startsWith("host.")) throw error;
      reason = messageOf(error);
    }
    host.run.emit({ type: "task:retry", host: host.info.name, task: shown.id, attempt, attempts, reason });
    for (const { fact, key } of planning.reads) host.facts.forget(fact, key);
    await wait(context, milliseconds(task.options.delay ?? defaultDelay));
  }
}

/** An interrupted run waits for nothing. */
function wait({ host }: HostContext, time: number): Promise<void> {
  return sleep(time, undefined, host.run.signal ? { signal: host.run.signal } : {});
}

/** Plans again what failed, as long as the module has patience: what it waits for comes by itself, or not. */
async function tryPatiently<V>(
  task: Task<V>,
  context: HostContext,
  planning: Planning,
  shown: ShownTask,
): Promise<Outcome<V>> {
  const { patience } = task;
  const { host } = context;
  if (!patience || host.run.options.check) return tryOnce(task, context, planning, shown);
  const started = performance.now();
  await wait(context, patience.delay);
  for (;;) {
    try {
      return await tryOnce(task, context, planning, shown);
    } catch (error) {
      const { code, message, hint, details } = asFailure(error);
      if (code !== "task.failed") throw error;
      const waited = performance.now() - started;
      if (waited + patience.interval > patience.timeout)
        throw new ShowrunnerError(code, `${message} (waited ${Math.round(waited / 1000)} s)`, {
          hint,
          details,
        });
    }
    for (const { fact, key } of planning.reads) host.facts.forget(fact, key);
    await wait(context, patience.interval);
  }
}

async function tryOnce<V>(
  task: Task<V>,
  context: HostContext,
  planning: Planning,
  shown: ShownTask,
): Promise<Outcome<V>> {
  const { host } = context;
  const { check } = host.run.options;
  const become = becomeOf(task.options, context);
  const changes: Change[] = [];
  const status = (): TaskStatus => {
    if (changes.length > 0) return planning.tentative ? "likely" : "changed";
    return planning.tentative ? "unknown" : "ok";
  };
  try {
    const plan = task.plan(planning);
    let answer = await plan.next(notRun);
    while (!answer.done) {
      const change = answer.value;
      const notify = () => {
        for (const handler of task.handlers) host.handlers.notify(handler, planning.tentative);
      };
      // a file is written whole or not at all; any other change may have had its effect before it failed
      const wholeOrNot = change.action.kind === "write" && !check;
      if (!wholeOrNot) notify();
      if (check) {
        host.facts.predict(change.sets, change.touches, planning.tentative);
        changes.push(change);
        answer = await plan.next(notRun);
      } else {
        const output = await make(change, task, context, become, shown);
        if (wholeOrNot) notify();
        changes.push(change);
        answer = await plan.next(output);
      }
    }
    const known = status();
    return {
      status: known,
      changes,
      value:
        known === "unknown"
          ? { unknown: "an earlier change may alter what this depends on" }
          : { known: answer.value },
    };
  } catch (error) {
    if (!check) throw error;
    if (error instanceof UnknownValue)
      return {
        status: changes.length > 0 ? status() : "unknown",
        changes,
        value: { unknown: error.message },
      };
    if (!planning.tentative || asFailure(error).code.startsWith("host.")) throw error;
    // it fails on what an earlier change may yet bring about, so nobody knows: nor what it would have done
    host.facts.predict(
      [],
      planning.reads.map(({ fact, key }) => ({ fact: fact.name, keys: [key] })),
      true,
    );
    return { status: "unknown", changes, value: { unknown: messageOf(error) } };
  }
}

/** Makes one change for real, streaming what it prints; afterwards the facts it concerns are stale. */
async function make<V>(
  change: Change,
  task: Task<V>,
  context: HostContext,
  become: Become | undefined,
  shown: ShownTask,
): Promise<Output> {
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

function resultOf<V>({ status, changes, value }: Outcome<V>): TaskResult<V> {
  return {
    status,
    changed: changes.length > 0,
    failed: status === "failed",
    get value() {
      if ("known" in value) return value.known;
      throw new UnknownValue(value.unknown);
    },
  };
}
