/** Holds a run to a plan: the run makes only the changes that the plan lists, on hosts that are as they were. */

import type { ShowrunnerError } from "../../base/errors.ts";
import { isLoss } from "../../base/failure-class.ts";
import type { HostContext } from "../engine/context.ts";
import type { HostRun } from "../engine/host-run.ts";
import type { TaskRun } from "../engine/task-run.ts";
import { asFailure, showError } from "../events/failure.ts";
import type { Change } from "../facts/change.ts";
import type { HookContext, RunHooks } from "../plays/run-hooks.ts";
import { actionDigest, setDigests } from "./action-digest.ts";
import { isPlanned, isPlannedSomewhere, paramsDigest } from "./plan-match.ts";
import { refuseMoved } from "./plan-moved.ts";
import { notListed, notPredicted } from "./plan-refusals.ts";
import { type Remaining, takeEqual, takeSame } from "./plan-remaining.ts";
import { UnknownRests } from "./plan-rests.ts";
import type { PlanFile, PlannedTask } from "./plan-schema.ts";

interface GuardOptions {
  /** The command that makes a new plan, for hints. */
  readonly again: string;
  /** Whether changes that the plan calls unknown are refused, too. Default false. */
  readonly refuseUnknown?: boolean;
}

/**
 * The hooks of a run that applies a plan.
 *
 * Before anything is done, every host's facts are compared with those that the plan was made from; a host on which one
 * of them has changed takes no part. Then a change is made only if the plan lists it:
 *
 * - where the plan calls the task certain: exactly the planned change,
 * - where it calls the task likely: also another change with the same result, by the same parameters,
 * - where it calls the task unknown: whatever the task finds to do, unless unknown changes are refused,
 * - in a step whose rest could not be predicted: any change, once the step has come to all tasks that are listed before.
 *
 * After a change that was refused, the step makes no other change, whatever its code catches.
 *
 * @example
 * await runPlaybook({ playbook, inventory, hooks: new PlanGuard(readPlan("plan.json", version), { again: "npx run plan site" }) });
 */
export class PlanGuard implements RunHooks {
  readonly #plan: PlanFile;
  readonly #again: string;
  readonly #refuseUnknown: boolean;
  readonly #remaining: readonly Remaining[];
  readonly #byHost = new Map<string, Remaining[]>();
  readonly #rests: UnknownRests;
  /** For each task, the planned task that it is; missing where the plan has no such task, or has it less often. */
  readonly #met = new WeakMap<TaskRun<unknown>, Remaining>();
  /** The changes that each task was allowed: when it is tried again, it may make them again. */
  readonly #allowed = new WeakMap<TaskRun<unknown>, Set<string>>();
  /** By host, why nothing may be done there. */
  readonly #notAdmitted = new Map<string, ShowrunnerError>();
  /** By the host whose step it was, the first change that was refused. */
  readonly #refused = new Map<string, ShowrunnerError>();

  constructor(plan: PlanFile, { again, refuseUnknown = false }: GuardOptions) {
    this.#plan = plan;
    this.#again = again;
    this.#refuseUnknown = refuseUnknown;
    this.#remaining = plan.tasks.map((task) => ({ task, left: new Set(task.changes), isMet: false }));
    this.#rests = new UnknownRests(plan, this.#remaining);
    for (const remaining of this.#remaining) {
      const own = this.#byHost.get(remaining.task.host) ?? [];
      own.push(remaining);
      this.#byHost.set(remaining.task.host, own);
    }
  }

  /** Compares all hosts with the plan, also those that are only delegated to, before anything is done on any host. */
  async onRunStart(run: HookContext): Promise<void> {
    const names = new Set([...[...run.hosts].map(({ info }) => info.name), ...Object.keys(this.#plan.hosts)]);
    const hosts = [...names].map((name) => run.hostRun(name));
    await Promise.all(hosts.map((host) => run.forks(() => this.#admit(host, run))));
  }

  onTaskStart(run: TaskRun<unknown>): void {
    const met = this.#planned(run).find((remaining) => !remaining.isMet && isAsPlanned(remaining, run));
    if (met) {
      met.isMet = true;
      this.#met.set(run, met);
    }
    if (this.#isInUnknownRest(run)) this.#rests.onTaskStart(run);
  }

  beforeChange(run: TaskRun<unknown>, change: Change): void {
    const { host, origin = host, isHandler = false } = run.context;
    const earlier = this.#refused.get(origin.info.name);
    // what was changed before has its handlers run all the same
    if (earlier && !isHandler) throw earlier;
    const refusal = this.#notAdmitted.get(host.info.name) ?? this.#refusalOf(run, change);
    if (!refusal) return;
    if (!this.#refused.has(origin.info.name)) this.#refused.set(origin.info.name, refusal);
    throw refusal;
  }

  /** Code that rescues a refused change must not go on as if nothing had happened. */
  onStepEnd({ host }: HostContext): void {
    const refusal = this.#refused.get(host.info.name);
    if (refusal) throw refusal;
  }

  /** Tells which certain changes were planned and not needed. */
  onRunEnd(run: HookContext): void {
    const missing = new Map<string, string[]>();
    for (const { task, left } of this.#remaining) {
      if (task.status !== "changed" || left.size === 0 || run.hostRun(task.host).failure) continue;
      const text = `${labelOf(task)} (${[...left].map(({ what }) => what).join(", ")})`;
      missing.set(task.host, [...(missing.get(task.host) ?? []), text]);
    }
    for (const [host, texts] of missing)
      run.emit({ type: "warning", host, text: `planned, and not needed any more: ${texts.join("; ")}` });
  }

  async #admit(host: HostRun, run: HookContext): Promise<void> {
    try {
      await refuseMoved(this.#plan, host, this.#again);
    } catch (error) {
      if (run.interrupted) return;
      const failure = asFailure(error);
      this.#notAdmitted.set(host.info.name, failure);
      host.fail(failure);
      const type = isLoss(failure.code) ? "host:unreachable" : "host:failed";
      run.emit({ type, host: host.info.name, step: "plan", error: showError(failure) });
    }
  }

  #refusalOf(run: TaskRun<unknown>, change: Change): ShowrunnerError | undefined {
    const action = actionDigest(this.#plan.salt, change);
    const allowed = this.#allowed.get(run) ?? new Set();
    this.#allowed.set(run, allowed);
    if (allowed.has(action)) return undefined;
    const planned = this.#planned(run);
    const own = planned.filter((remaining) => isAsPlanned(remaining, run));
    const isListed =
      own.some((remaining) => takeSame(remaining, action)) ||
      own.some(
        (remaining) =>
          this.#isAsked(remaining, run) && takeEqual(remaining, setDigests(this.#plan.salt, change)),
      );
    if (!isListed) {
      const isUnknown = own.some((remaining) => this.#claim(remaining, run)) || this.#isInUnknownRest(run);
      if (!isUnknown)
        return notListed(run, change, {
          planned: planned.map(({ task }) => task),
          hosts: this.#plannedOn(run),
          again: this.#again,
        });
      if (this.#refuseUnknown) return notPredicted(run, change, { again: this.#again });
    }
    allowed.add(action);
    return undefined;
  }

  /** The planned tasks that a task may be. */
  #planned(run: TaskRun<unknown>): Remaining[] {
    const own = this.#byHost.get(run.context.host.info.name) ?? [];
    return own.filter(({ task }) => isPlanned(task, run));
  }

  /** The hosts that the plan has such a task for. */
  #plannedOn(run: TaskRun<unknown>): string[] {
    const same = this.#remaining.filter(({ task }) => isPlannedSomewhere(task, run));
    return [...new Set(same.map(({ task }) => task.host))];
  }

  #claim(remaining: Remaining, run: TaskRun<unknown>): boolean {
    const { task, claimedBy = run } = remaining;
    if (task.status !== "unknown" || claimedBy !== run || !this.#isAsked(remaining, run)) return false;
    remaining.claimedBy = run;
    return true;
  }

  /** Whether the task has the same parameters as when it was planned. */
  #isAsked({ task }: Remaining, run: TaskRun<unknown>): boolean {
    return task.params === paramsDigest(this.#plan.salt, run);
  }

  /** Whether the rest of a step, which the plan leaves open, begins before this task. A listed task is not part of it. */
  #isInUnknownRest(run: TaskRun<unknown>): boolean {
    const met = this.#met.get(run)?.task;
    const isAnother = met === undefined || (met.status === "unknown" && met.conditional === true);
    // for a handler, the task that notified it decides
    return (isAnother || run.context.isHandler === true) && this.#rests.admits(run);
  }
}

/** Whether the task runs as the user that it was planned for. */
function isAsPlanned({ task }: Remaining, { become }: TaskRun<unknown>): boolean {
  return task.as === become?.user;
}

function labelOf({ roles, module, title }: PlannedTask): string {
  return [...roles, `${module} ${title}`.trim()].join(" › ");
}
