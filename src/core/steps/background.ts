/** Work that goes on while the steps do. */
import { createHash } from "node:crypto";
import { type Duration, milliseconds } from "../../base/duration.ts";
import { ShowrunnerError } from "../../base/errors.ts";
import { callerLocation } from "../../base/location.ts";
import { type OptionType, timeLimit } from "../../base/option-types.ts";
import { validateOptions } from "../../base/options.ts";
import { becomeOf, contextOf, type HostContext } from "../engine/context.ts";
import type { Detachment } from "../engine/detached.ts";
import { isHidden } from "../engine/no-log.ts";
import { executionEnvironmentOf } from "../facts/execution-environment.ts";
import { Deferred } from "../tasks/deferred.ts";
import { ModuleTask } from "../tasks/module-task.ts";
import type { Scope } from "../tasks/scope.ts";
import type { Task, TaskResult } from "../tasks/task.ts";

/** How a task in the background is watched. */
export interface BackgroundOptions {
  /** How often to look whether it has ended; sooner in the beginning. Default 5 s. */
  readonly poll?: Duration;
}

/** A task that was started in the background. */
export interface Job<V> {
  /** Whether it had ended, in success or failure, at the last look. */
  finished(): boolean;
  /**
   * Waits until it has ended.
   *
   * @returns the task's result
   * @throws ShowrunnerError what the task failed with
   */
  wait(): PromiseLike<TaskResult<V>>;
}

const defaultPoll = "5s";

const pollInterval: OptionType = {
  ...timeLimit,
  // Ansible's 0 starts a job and forgets it
  hint: "there is no poll: the play waits for every job at its end; await the job's wait() where you need its result",
};

/**
 * Starts a task and lets the step go on (Ansible's async). The scripts of its changes run on the host in a session of
 * their own, so that they outlive the connection: a job is found again over a new one, and a later run that starts the
 * same task as the same user joins it if it still runs. The task's `timeout` holds for it, also while nobody is
 * connected. Everything else is as for any task, at the job's end: handlers are notified, facts read afresh.
 *
 * A task's `throttle` counts jobs from their beginning to their end: one whose turn has not come waits for it by itself,
 * while the step goes on.
 *
 * At its end, before its handlers, a play waits for the jobs that it has not waited for; a failure is then the host's.
 * An interrupted run leaves its jobs running.
 *
 * In a check nothing is started: waiting gives what the task itself would give.
 *
 * @param task any task; one that only reads is just run
 * @returns a job, as soon as it has been started, or waits for its turn
 * @throws ShowrunnerError what the task failed with, where it did before it was under way
 *
 * @example
 * const job = await background(command({ argv: ["bin/reindex"] }, { timeout: "2h" }));
 * await template({ src: role.template("site.conf.ejs"), dest: "/etc/nginx/conf.d/site.conf", vars });
 * const { value } = await job.wait();
 */
export function background<V>(task: Task<V>, options: BackgroundOptions = {}): PromiseLike<Job<V>> {
  const given: unknown = task;
  const location = callerLocation();
  const mistake = { code: "params.invalid", what: "background", location } as const;
  if (!(given instanceof ModuleTask))
    throw new ShowrunnerError(mistake.code, `background(task): expected a task, got ${typeof given}`, {
      location,
      hint: "give background the task itself: background(command({ … })), without await before the task",
    });
  validateOptions<BackgroundOptions>(options, { poll: pollInterval }, mistake);
  return new Background(task, milliseconds(options.poll ?? defaultPoll));
}

class Background<V> extends Deferred<Job<V>> {
  readonly label: string;
  readonly #task: Task<V>;
  readonly #poll: number;

  constructor(task: Task<V>, poll: number) {
    super();
    this.label = `background ${task.label}`;
    this.#task = task;
    this.#poll = poll;
    task.claim();
  }

  protected override async run(scope: Scope): Promise<Job<V>> {
    const context = contextOf(scope);
    const { jobs, info, run } = context.host;
    const task = this.#task;
    const name = jobs.name(identity(task, context));
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const detachment: Detachment = {
      id: name,
      poll: this.#poll,
      signal: jobs.signal,
      // a plan is made in the order in which the step's code is written
      waits: () => (run.options.check ? undefined : begin()),
      started(joined) {
        if (joined)
          run.emit({
            type: "message",
            host: info.name,
            text: `${task.labelFor(isHidden(task.options, context))} runs already: joining it`,
          });
        begin();
      },
    };
    const ended = context.runTask(task, context, { detachment });
    const job = jobs.add(name, context.step, ended);
    let finished = false;
    const end = () => {
      finished = true;
    };
    ended.then(end, end);
    try {
      await Promise.race([begun, ended]);
    } catch (error) {
      job.waited = true;
      throw error;
    }
    return {
      finished: () => finished,
      wait() {
        job.waited = true;
        return new Wait(task.label, ended);
      },
    };
  }
}

/** Like any task, it must be awaited before its step ends. */
class Wait<V> extends Deferred<TaskResult<V>> {
  readonly label: string;
  readonly #ended: Promise<TaskResult<V>>;

  constructor(task: string, ended: Promise<TaskResult<V>>) {
    super();
    this.label = `wait for ${task}`;
    this.#ended = ended;
  }

  protected override run(): Promise<TaskResult<V>> {
    return this.#ended;
  }
}

/** The same in every run for the same task. It tells nothing of the task's secrets, since it is in file names. */
function identity(task: Task<unknown>, context: HostContext): string;
function identity(task: Task<never>, context: HostContext): string;
function identity({ module, params, options }: Task<unknown>, context: HostContext): string {
  const as = becomeOf(options, context)?.user;
  const text = JSON.stringify({ module, params, as, ...executionEnvironmentOf(options, context) });
  return `${module}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}
