/** A module's view of a host while it plans one task: it reads facts, and notes how sure they were. */

import { ShowrunnerError } from "../../base/errors.ts";
import type { Become } from "../../transport/transport.ts";
import type { ExecutionEnvironment } from "../facts/execution-environment.ts";
import type { Fact, FactKey, Printed, Touch } from "../facts/fact.ts";
import type { Known } from "../facts/predictions.ts";
import type { Read } from "../facts/read.ts";
import type { PlanHost } from "../tasks/task.ts";
import type { HostRun } from "./host-run.ts";

/** A fact that a plan was made from. */
export interface FactRead {
  readonly fact: { readonly name: string };
  readonly key: FactKey;
}

/** What a task has read, for the next run to expect. */
export interface TaskRead {
  readonly read: Read;
  /** Whether it was asked for before anything was known. */
  readonly isFirst: boolean;
}

interface PlanningOptions {
  /** True if the task itself is only likely to run: a handler that a likely change notified. */
  readonly tentative?: boolean;
  /** The environment in which the task's commands run. */
  readonly executionEnvironment?: ExecutionEnvironment;
  /** How long a command of the task may take, in milliseconds. */
  readonly timeout?: number;
  /** How long the task's facts may take, in milliseconds, where that is more than usual. */
  readonly readTimeout?: number | undefined;
  /** Called with what a command has printed whose output was read as a fact. */
  onPrinted?(printed: Printed): Promise<void>;
  /** True: what was read before it is asked for is too old. */
  readonly isLive?: boolean | undefined;
  /** Told what of the host was read. */
  onRead?(read: TaskRead): void;
  /** Called where the plan has to wait for the host: what this asks for is read in the same round trip. */
  onWaiting?(): Promise<unknown> | undefined;
  /** Throws for a fact that must not be read now. */
  refuse?(fact: Pick<Fact<FactKey, unknown>, "about">): void;
}

export class Planning implements PlanHost {
  readonly #host: HostRun;
  readonly #become: Become | undefined;
  readonly #read = new Set<Read>();
  readonly #uncertainReads: Touch[] = [];
  readonly #options: PlanningOptions;
  #tentative: boolean;
  #isAnswered = false;
  #failure: ShowrunnerError | undefined;
  #unmet: ShowrunnerError | undefined;

  constructor(host: HostRun, become: Become | undefined, options: PlanningOptions = {}) {
    this.#host = host;
    this.#become = become;
    this.#options = options;
    this.#tentative = options.tentative ?? false;
  }

  get name(): string {
    return this.#host.info.name;
  }

  get address(): string {
    return this.#host.info.address;
  }

  /** True once anything was read that an earlier change of this plan may have altered. */
  get tentative(): boolean {
    return this.#tentative;
  }

  /** The facts that were read. */
  get reads(): readonly FactRead[] {
    return [...this.#read];
  }

  /**
   * The facts of the host itself that were read and that an earlier change of this plan may have altered. The task was
   * planned from them, so these are also the facts that it may come to change.
   */
  get uncertainReads(): readonly Touch[] {
    return this.#uncertainReads;
  }

  /** Mostly the value is known: then nothing waits, and no more than the promise of it is made. */
  fact<K extends FactKey, V>(fact: Fact<K, V>, asked: K): Promise<V> {
    try {
      this.#options.refuse?.(fact);
      const { executionEnvironment = {}, timeout, isLive } = this.#options;
      const key = fact.source.within?.(asked, executionEnvironment, timeout) ?? asked;
      const read = this.#host.run.world.reads.of(this.#become?.user, fact, key);
      const isNew = !this.#read.has(read);
      this.#read.add(read);
      const isFirst = !this.#isAnswered;
      const take = (known: Known<V>): V | Promise<V> => {
        this.#isAnswered = true;
        if (isNew) this.#options.onRead?.({ read, isFirst });
        return this.#taken(fact, key, known);
      };
      const known = this.#host.facts.known(this.#become, fact, key, { isLive });
      return known ? Promise.resolve(take(known)) : this.#ask(fact, key).then(take);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #taken<K extends FactKey, V>(fact: Fact<K, V>, key: K, { value, tentative }: Known<V>): V | Promise<V> {
    if (tentative) {
      this.#tentative = true;
      // no task changes what other hosts answer, or what a command prints
      if (fact.about !== "world") this.#uncertainReads.push({ fact: fact.name, keys: [key] });
    }
    const printed = fact.source.printed?.(value);
    const told = printed && this.#options.onPrinted?.(printed);
    return told === undefined ? value : told.then(() => value);
  }

  /** Waits for the host. What is planned along, if it is not on its way yet, asks in the same round trip. */
  async #ask<K extends FactKey, V>(fact: Fact<K, V>, key: K): Promise<Known<V>> {
    const { facts } = this.#host;
    const { readTimeout, isLive, onWaiting } = this.#options;
    const isComing = facts.isComing(this.#become, fact, key);
    const coming = facts.read(this.#become, fact, key, { timeout: readTimeout, isLive });
    const [known] = await Promise.all([coming, isComing ? undefined : onWaiting?.()]);
    return known;
  }

  failed(failure: ShowrunnerError): void {
    this.#failure ??= failure;
  }

  /** Why the plan says that the task failed, once: it may be planned again. */
  takeFailure(): ShowrunnerError | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** A requirement of the task that does not hold, where an earlier change may yet fulfil it. */
  get unmet(): ShowrunnerError | undefined {
    return this.#unmet;
  }

  require(condition: boolean, problem: string, hint?: string): void {
    if (condition) return;
    const failure = new ShowrunnerError("task.failed", problem, { hint });
    if (!this.#tentative) throw failure;
    this.#unmet ??= failure;
  }
}
