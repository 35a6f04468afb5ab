/** How a task runs: in the scope of the code that awaits it. */
import type { Location } from "../../base/errors.ts";
import { validateOptions } from "../../base/options.ts";
import { validateExecutionEnvironment } from "../facts/execution-environment.ts";
import { Deferred } from "./deferred.ts";
import { taskOptionTypes } from "./option-types.ts";
import type { Scope } from "./scope.ts";
import type { Patience, Plan, PlanHost, Task, TaskData, TaskOptions, TaskResult } from "./task.ts";

interface TaskDefinition<V> {
  readonly module: string;
  readonly title: string;
  readonly params: unknown;
  readonly patience?: Patience | undefined;
  readonly message?: string | undefined;
  /** Whether the title quotes what may have to be hidden. */
  readonly titleQuotes?: boolean | undefined;
  /** Where it was made. */
  readonly location: Location | undefined;
  plan(host: PlanHost): Plan<V>;
}

/** A task as a module makes it. */
export class ModuleTask<V> extends Deferred<TaskResult<V>> implements Task<V> {
  readonly module: string;
  readonly title: string;
  readonly params: unknown;
  readonly options: TaskOptions<V>;
  readonly patience: Patience | undefined;
  readonly message: string | undefined;
  readonly plan: (host: PlanHost) => Plan<V>;
  readonly #titleQuotes: boolean;

  constructor(definition: TaskDefinition<V>, options: TaskOptions<V> = {}) {
    super(definition.location);
    this.module = definition.module;
    // where nobody compiled, options may be null: told below
    this.#titleQuotes = definition.titleQuotes === true && options?.name === undefined;
    this.title = options?.noLog === true && this.#titleQuotes ? "" : (options?.name ?? definition.title);
    this.params = definition.params;
    this.options = options;
    const mistake = { code: "params.invalid", what: this.label, location: this.location } as const;
    validateOptions<TaskOptions>(options, taskOptionTypes, mistake);
    validateExecutionEnvironment(options, mistake);
    this.patience = definition.patience;
    this.message = definition.message;
    this.plan = (host) => definition.plan(host);
    for (const handler of this.handlers) handler.claim();
  }

  get label(): string {
    return `${this.module} ${this.title}`.trim();
  }

  titleFor(hidden: boolean): string {
    return hidden && this.#titleQuotes ? "" : this.title;
  }

  labelFor(hidden: boolean): string {
    return `${this.module} ${this.titleFor(hidden)}`.trim();
  }

  get handlers(): readonly Task<unknown>[] {
    const { notify } = this.options;
    if (notify === undefined) return [];
    return "plan" in notify ? [notify] : notify;
  }

  toJSON(): TaskData {
    return { module: this.module, params: this.params };
  }

  protected override run(scope: Scope): Promise<TaskResult<V>> {
    return scope.runTask(this);
  }
}
