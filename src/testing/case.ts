/** The notation of one case. */
import type { FactValue } from "../core/facts/fact.ts";
import type { Task, TaskOptions } from "../core/tasks/task.ts";
import type { Output } from "../transport/transport.ts";
import type { ExpectedChange } from "./expected.ts";

/** What holds at a case's end: a fact with its value, or a script whose every command must succeed, as root. */
export type End = FactValue | string;

/**
 * One behaviour of a module. With `facts` it is planned without a host; with `start` it runs on real ones; with both, it
 * must come to the same `changes` either way.
 */
export interface Case<P> {
  /** What the module does here: `installs what is missing`. No two cases of a module have the same. */
  readonly name: string;
  readonly params: P;
  /** Options of the task. On hosts it runs as root unless they say otherwise. */
  readonly options?: TaskOptions;
  /** What a plan without a host finds there, beside the facts of all cases. Reading any other fact is an error. */
  readonly facts?: readonly FactValue[];
  /** Without a host: what each change prints, in order. Default: nothing, with status 0. */
  readonly outputs?: readonly Partial<Output>[];
  /**
   * What makes the start state on a real host, after `reset`: a script for `sh` that runs as root and ends at the first
   * command that fails, or tasks. `""`: the state that `reset` leaves.
   */
  readonly start?: string | readonly Task<unknown>[];
  /** The changes, in order: the name of each, or the properties to compare. */
  readonly changes: readonly ExpectedChange[];
  /** For a task that always acts: its changes when it runs again. Default: none. */
  readonly again?: readonly ExpectedChange[];
  /** What holds at the end. */
  readonly end?: End | readonly End[];
  /**
   * For a task that can't do its work: what its error says, in a check and in a run; if `plan` is given, only in a run.
   * The change that fails is listed in `changes`.
   */
  readonly fails?: string | RegExp;
  /** What a check says, if that differs from what a run does. Changes that are `unknown` need not be listed. */
  readonly plan?: "changed" | "likely" | "unknown";
  /** True: the task waits for something that happens by itself, so in a check it may not have happened. */
  readonly waits?: boolean;
}

/** A case whose parameters are settled. */
export interface ModuleCase extends Omit<Case<unknown>, "params" | "end"> {
  readonly end: readonly End[];
  /** Makes the task. */
  task(): Task<unknown>;
}
