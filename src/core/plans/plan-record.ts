/** Keeps what a run in check mode says as a plan. */

import { digestOf } from "../../base/digest.ts";
import { formatLocation, messageOf } from "../../base/errors.ts";
import { redact } from "../../redaction/redact.ts";
import { holdsSecret } from "../../secrets/redact-value.ts";
import type { HostContext } from "../engine/context.ts";
import type { HostRun } from "../engine/host-run.ts";
import { hiddenText } from "../engine/no-log.ts";
import type { FactRead } from "../engine/planning.ts";
import type { Outcome, TaskRun } from "../engine/task-run.ts";
import type { ShownUnknown } from "../events/events.ts";
import { boundedChange } from "../events/journal-bounds.ts";
import { redactChange } from "../events/redact-event.ts";
import type { Change } from "../facts/change.ts";
import { factKeyId } from "../facts/fact.ts";
import type { ObservedFact } from "../facts/observations.ts";
import type { HookContext, RunHooks } from "../plays/run-hooks.ts";
import { actionDigest, setDigests } from "./action-digest.ts";
import { isOfStep, paramsDigest } from "./plan-match.ts";
import { Overlaps } from "./plan-overlaps.ts";
import type { PlanFile, PlannedChange, PlannedFact, PlannedTask, RecordedPlan } from "./plan-schema.ts";

interface Recorded {
  readonly task: PlannedTask;
  /** Whether the plan lists the task. */
  isListed: boolean;
}

/**
 * The hooks of a run in check mode; once the run has ended, `plan` is the plan.
 *
 * @example
 * const recorder = new PlanRecorder(newSalt());
 * await runPlaybook({ playbook, inventory, check: true, hooks: recorder });
 * recorder.plan;
 */
export class PlanRecorder implements RunHooks {
  readonly #salt: string;
  readonly #tasks: Recorded[] = [];
  readonly #unforeseen: PlanFile["unforeseen"] = [];
  readonly #overlaps = new Overlaps();
  /** By host and fact, the label of the task that read it first. */
  readonly #readers = new Map<string, string>();
  #hosts: Iterable<HostRun> = [];
  #stopped: string | undefined;

  constructor(salt: string) {
    this.#salt = salt;
  }

  onRunStart(run: HookContext): void {
    this.#hosts = run.hosts;
  }

  onTaskStart(run: TaskRun<unknown>): void {
    this.#overlaps.onTaskStart(run);
  }

  onTaskPlanned(
    run: TaskRun<unknown>,
    reads: readonly FactRead[],
    outcome: Outcome<unknown> | undefined,
  ): void {
    const { context, task } = run;
    for (const { fact, key } of reads) {
      const id = readerId(context.host, fact.name, factKeyId(key));
      if (!this.#readers.has(id)) this.#readers.set(id, task.labelFor(run.hidden));
    }
    this.#overlaps.ended(run);
    const status = outcome?.status ?? "failed";
    // a task that is ok may still run a command that changes nothing
    const isListed = status === "unknown" || run.changes.length > 0;
    // a task that failed without changing anything is kept as its host's failure
    if (status === "failed" && !isListed) return;
    const reason = outcome && "unknown" in outcome.value ? outcome.value.unknown : undefined;
    const planned: PlannedTask = {
      ...placeOf(run),
      ...(this.#isConditional(run) ? { conditional: true } : {}),
      status,
      ...(isUncertain(status) ? { params: paramsDigest(this.#salt, run) } : {}),
      ...(reason === undefined ? {} : { reason: run.hidden ? hiddenText : reason }),
      changes: run.changes.map((change) => this.#planned(change, run)),
    };
    this.#tasks.push({ task: planned, isListed });
  }

  onStepUnknown({ host, play, step }: HostContext, { message, location }: ShownUnknown): void {
    const name = host.info.name;
    // the tasks before it show where the rest begins, also those that change nothing
    for (const one of this.#tasks) if (isOfStep(one.task, { host: name, play, step })) one.isListed = true;
    const reason = location ? `${message} (${formatLocation(location)})` : message;
    this.#unforeseen.push({ host: name, play, step, reason, after: this.#tasks.length });
  }

  onRunStopped(play: string, reason: string): void {
    this.#stopped = `the run would stop in the play "${play}": ${reason}`;
  }

  /** The plan, once the run has ended. */
  get plan(): RecordedPlan {
    const hosts = [...this.#hosts].map((host) => [host.info.name, this.#host(host)] as const);
    const listed = (tasks: readonly Recorded[]) =>
      tasks.flatMap(({ task, isListed }) => (isListed ? [task] : []));
    return {
      salt: this.#salt,
      hosts: Object.fromEntries(hosts),
      // redacted only now, when all secrets are known; digests are left as they are
      tasks: listed(this.#tasks).map((task) => ({
        ...task,
        title: redact(task.title),
        ...(task.reason === undefined ? {} : { reason: redact(task.reason) }),
        changes: task.changes.map(({ action, sets, ...shown }) => ({ ...redactChange(shown), action, sets })),
      })),
      unforeseen: this.#unforeseen.map((one) => ({
        ...one,
        reason: redact(one.reason),
        after: listed(this.#tasks.slice(0, one.after)).length,
      })),
    };
  }

  /** Whether a real run may go on behind the task's place without having come to the task. */
  #isConditional(run: TaskRun<unknown>): boolean {
    return run.certainty !== "certain" || run.context.uncertainty.read || this.#overlaps.has(run);
  }

  #host(host: HostRun): PlanFile["hosts"][string] {
    const facts = host.facts.observed.flatMap((observed) => this.#fact(host, observed));
    const failure = host.failure ? messageOf(host.failure) : this.#stopped;
    return failure === undefined ? { facts } : { facts, failure: redact(failure) };
  }

  #fact(host: HostRun, { fact, key, as, value }: ObservedFact): PlannedFact[] {
    // what other hosts answer changes by itself; what followed from it is compared change by change
    if (fact.about === "world") return [];
    const lasting = fact.source.lasting ? fact.source.lasting(value) : value;
    if (fact.source.lasting && lasting === undefined) return [];
    const kept = throughJson(key);
    // a key with a secret in it can't be written down, nor one that would not come back as it is
    if (kept === undefined || factKeyId(kept) !== factKeyId(key) || holdsSecret(key)) return [];
    const reader = this.#readers.get(readerId(host, fact.name, factKeyId(key)));
    return [
      {
        fact: fact.name,
        key: kept,
        ...(as === undefined ? {} : { as }),
        value: digestOf(this.#salt, lasting),
        ...(reader === undefined ? {} : { task: redact(reader) }),
      },
    ];
  }

  #planned(change: Change, { hidden }: TaskRun<unknown>): PlannedChange {
    // redacted before it is cut: half a secret is in no known spelling
    const { what, before, after, diff, stated } = boundedChange(
      hidden ? { what: hiddenText } : redactChange(change),
    );
    return {
      what,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(diff === undefined ? {} : { diff }),
      ...(stated === undefined ? {} : { stated: [...stated] }),
      action: actionDigest(this.#salt, change),
      sets: setDigests(this.#salt, change),
    };
  }
}

/** Whether the task may do something else in the real run. */
function isUncertain(status: PlannedTask["status"]): boolean {
  return status === "unknown" || status === "likely" || status === "failed";
}

function placeOf({ context, shown, become }: TaskRun<unknown>) {
  const { host, origin, isHandler, play, step } = context;
  const { roles, module, title, location } = shown;
  return {
    host: host.info.name,
    ...(origin && origin !== host ? { by: origin.info.name } : {}),
    ...(isHandler ? { handler: true } : {}),
    ...(become ? { as: become.user } : {}),
    play,
    step,
    roles: [...roles],
    module,
    title,
    ...(location ? { location: formatLocation(location) } : {}),
  };
}

function readerId({ info }: HostRun, fact: string, key: string): string {
  return [info.name, fact, key].join("\0");
}

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
