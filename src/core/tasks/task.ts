/** A task: a module with parameters and options. Plain data that runs when it is awaited. */
import type { Duration } from "../../base/duration.ts";
import type { Location, ShowrunnerError } from "../../base/errors.ts";
import type { TaskStatus } from "../events/events.ts";
import type { Change, ChangeOutput } from "../facts/change.ts";
import type { Environment } from "../facts/execution-environment.ts";
import type { Fact, FactKey } from "../facts/fact.ts";
import type { Stated } from "../facts/stated.ts";

/** What a module sees of the host it plans for. */
export interface PlanHost {
  readonly name: string;
  readonly address: string;
  /** A fact's value; all that is asked for in one tick is read in one round trip. */
  fact<K extends FactKey, V>(fact: Fact<K, V>, key: K): Promise<V>;
  /**
   * A condition that must hold before the task can do its work. If it does not, the task fails; in a plan where
   * an earlier change may yet bring it about, planning goes on and what follows is shown as likely.
   */
  require(condition: boolean, problem: string, hint?: string): void;
  /**
   * Says that the task has failed, and has a value all the same: what a command printed. It fails with this once its
   * plan has returned that value, unless its `failedWhen`, which sees the value, says otherwise.
   */
  failed(failure: ShowrunnerError): void;
}

/** A module's plan: yields one change a difference, nothing where the host is right, and returns the value. */
export type Plan<V> = AsyncGenerator<Change, V, ChangeOutput>;

/**
 * Whether something holds of a task's result: a constant, or a function that must not wait for anything. (A method's
 * type, so that a Task<V> is a Task<unknown>, too.)
 */
export type Condition<V> = boolean | { decide(result: TaskResult<V>): boolean }["decide"];

/** Options that every task takes, apart from its module's parameters. */
export interface TaskOptions<V = unknown> {
  /** How the task is called in the output. Default: its module and first parameter. */
  readonly name?: string;
  /** True: as root; a name: as that user; false: as the user of the connection. Default: the play's. */
  readonly become?: boolean | string;
  /** Tasks to run once at the play's end, in the order of their first notification, if this one changes anything. */
  readonly notify?: Task<unknown> | readonly Task<unknown>[];
  /** How often to try again after a failure. Default 0, or 3 with `until`. */
  readonly retries?: number;
  /** The wait between tries. Default 5 s. */
  readonly delay?: Duration;
  /** Tried again (as after a failure) until this holds. */
  until?(result: TaskResult<V>): boolean;
  /**
   * Whether the task counts as changed and notifies its handlers, in place of whether it has made a change. A plan
   * says unknown where this depends on what only a real run gives; `false` makes a plan go on as if nothing were done.
   */
  readonly changedWhen?: Condition<V>;
  /**
   * Whether the task has failed, in place of what its module says, which is the result's `failed`. It is asked
   * after every try, before `until`. Where the module failed before it had a value, reading the value leaves it at
   * that failure. An unreachable host is another matter: see `ignoreUnreachable`.
   */
  readonly failedWhen?: Condition<V>;
  /**
   * What the task may alter, where it can't tell itself (`command`, `shell`): absolute paths, each with what is below it;
   * units, with what their software answers; packages, with what comes along with them. `[]`: nothing that other tasks
   * look at. All else that is known of the host stays known, and a check goes on with it for certain; `--verify` looks
   * whether that is true. Default: it may have altered everything.
   *
   * @example
   * await command({ argv: ["bin/migrate"] }, { touches: ["/srv/app/db.sqlite", { unit: "app" }] });
   */
  readonly touches?: readonly Stated[];
  /** How long each change, and a command that only reads, may take. Default 30 minutes; at most 24 days. */
  readonly timeout?: Duration;
  /** True: a failure is shown, but the host goes on. */
  readonly ignoreErrors?: boolean;
  /** True: that the host can't be reached is shown, but it goes on with the next task. Default: the play's. */
  readonly ignoreUnreachable?: boolean;
  /**
   * True: what the task prints, what it changes from and to, its diffs and what its errors say are neither shown nor
   * kept, in no report, journal or plan; a handler is not written down on the host. Its title and how it ended are
   * shown; a title that would quote a command or a message only where `name` gives one. Code still gets its result.
   * Default: the play's.
   */
  readonly noLog?: boolean;
  /** At how many hosts this task may be at a time; there are never more than the run's forks. */
  readonly throttle?: number;
  /**
   * Environment variables for all that the task runs: the scripts of its changes, the check of a file that it writes,
   * a command that only reads. Secrets reach the host in the script and are in no process list. They go over the
   * play's, name by name; a module's own parameter goes over both. Facts are read without them: what is true of a
   * host does not depend on who asks.
   */
  readonly environment?: Environment;
  /** The directory that the same is run in; a task whose directory does not exist fails. Default: where the connection begins, over SSH its user's home. */
  readonly cwd?: string;
  /** The umask that the same is run with, octal: `"027"`. Default `"022"`. */
  readonly umask?: string;
}

/** How a task went. */
export interface TaskResult<V> {
  /** How the task went: `ok`, `changed` or `failed`; in check mode also `likely` or `unknown`. */
  readonly status: TaskStatus;
  /** True if anything was changed; in check mode, if anything would be. */
  readonly changed: boolean;
  /** True for a task that failed and whose `ignoreErrors` let the step go on. */
  readonly failed: boolean;
  /** What the module returns. In check mode, reading a value that only a real run can give ends the step's plan. */
  readonly value: V;
}

/** A task as plain data, for lists, logs and other processes. */
export interface TaskData {
  readonly module: string;
  readonly params: unknown;
}

/** How a task waits for what comes by itself. Milliseconds. */
export interface Patience {
  /** The wait before the first look. */
  readonly delay: number;
  /** The wait between looks. */
  readonly interval: number;
  /** From the beginning until it fails for good. */
  readonly timeout: number;
}

/** A module with parameters and options: runs on the current host when it is awaited. */
export interface Task<V> extends PromiseLike<TaskResult<V>> {
  readonly module: string;
  readonly title: string;
  readonly params: unknown;
  readonly options: TaskOptions<V>;
  /** Where it must not fail at once: it is planned afresh until it succeeds. */
  readonly patience: Patience | undefined;
  /** What it tells the user when it has run. */
  readonly message: string | undefined;
  readonly label: string;
  /** The line of the user's file that made it. */
  readonly location: Location | undefined;
  /** The tasks that it notifies. */
  readonly handlers: readonly Task<unknown>[];
  readonly plan: (host: PlanHost) => Plan<V>;
  /** Its title, where its values are hidden or not. */
  titleFor(hidden: boolean): string;
  /** Its label, where its values are hidden or not. */
  labelFor(hidden: boolean): string;
  /** Takes it off the step's list: it was awaited, or handed to something that runs it. */
  claim(): void;
  /** The module and its parameters, secrets masked when serialised. */
  toJSON(): TaskData;
}
