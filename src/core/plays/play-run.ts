/** Runs one play: its hosts batch by batch, each batch through all steps and then its handlers. */
import type { HostRun } from "../engine/host-run.ts";
import { SharedWork } from "../engine/shared-work.ts";
import type { RunEvent } from "../events/events.ts";
import type { Play } from "./play.ts";
import type { PlayState } from "./play-state.ts";
import { inBatches, inOrder, tooManyFailed } from "./rolling.ts";
import { endJobs, runHandlers, runStep } from "./step-run.ts";

/** Why a run must not go on. */
interface Stop {
  readonly reason: string;
  /** The hosts of later batches, and those of this one whose turn had not come. */
  readonly untouched: readonly string[];
  /** Whether hosts that did not fail could not complete the play. */
  readonly cut: boolean;
}

/** @returns why the run must stop, if it must */
export async function runPlay(
  play: Play,
  hosts: readonly HostRun[],
  run: PlayState,
): Promise<Stop | undefined> {
  if (hosts.length === 0) {
    run.emit({ type: "warning", text: `no hosts for the play "${play.name}": skipped` });
    return undefined;
  }
  const { order, sizes } = play.rolling;
  const infos = inOrder(
    hosts.map(({ info }) => info),
    order,
  );
  const ordered = infos.map(({ name }) => run.hostRun(name));
  run.emit({ type: "play:start", play: play.name, hosts: names(ordered), steps: play.steps });
  const stop = await runBatches(play, inBatches(ordered, sizes), run);
  run.emit({ type: "play:end", play: play.name });
  return stop;
}

async function runBatches(
  play: Play,
  batches: readonly HostRun[][],
  run: PlayState,
): Promise<Stop | undefined> {
  const touched = new Set<HostRun>();
  for (const [index, hosts] of batches.entries()) {
    const place = batches.length > 1 ? { batch: { number: index + 1, of: batches.length } } : {};
    const others = new Set(batches.flatMap((batch) => (batch === hosts ? [] : batch)));
    const batch = new PlayBatch(play, { hosts, others, touched }, place, run);
    const { failed, size, cut, active } = await batch.run();
    if (run.interrupted) return undefined;
    if (!tooManyFailed(failed, size, play.rolling)) continue;
    const later = batches.slice(index + 1).flat();
    const untouched = names([...active, ...later].filter((host) => !touched.has(host)));
    const which = batches.length > 1 ? ` in batch ${index + 1} of ${batches.length}` : "";
    return { reason: `${failed} of ${size} hosts failed${which}${allowed(play)}`, untouched, cut };
  }
  return undefined;
}

interface BatchHosts {
  readonly hosts: readonly HostRun[];
  /** Those of the play's other batches. */
  readonly others: ReadonlySet<HostRun>;
  /** The hosts of any batch on which a step or handlers were begun. */
  readonly touched: Set<HostRun>;
}

class PlayBatch {
  readonly #play: Play;
  /** A host that failed in an earlier play takes no part, and counts for nothing. */
  readonly #hosts: readonly HostRun[];
  readonly #others: ReadonlySet<HostRun>;
  readonly #place: Pick<Extract<RunEvent, { type: "step:start" }>, "batch">;
  readonly #run: PlayState;
  /** Whether the step is done, by step: decided when the first host comes to it. */
  readonly #begun = new Map<string, Promise<boolean>>();
  readonly #touched: Set<HostRun>;
  /** What is done once in each step, in their order. */
  readonly #shared: ReadonlyMap<string, SharedWork>;
  #cut = false;

  constructor(
    play: Play,
    { hosts, others, touched }: BatchHosts,
    place: Pick<Extract<RunEvent, { type: "step:start" }>, "batch">,
    run: PlayState,
  ) {
    this.#play = play;
    this.#hosts = hosts.filter((host) => !host.failure);
    this.#others = others;
    this.#touched = touched;
    this.#shared = new Map(play.steps.map((step) => [step, new SharedWork(this.#hosts)]));
    this.#place = place;
    this.#run = run;
  }

  async run(): Promise<{ failed: number; size: number; cut: boolean; active: readonly HostRun[] }> {
    await (this.#play.rolling.strategy === "free" ? this.#free() : this.#linear());
    await this.#jobs();
    await this.#handlers();
    return { failed: this.#failed, size: this.#hosts.length, cut: this.#cut, active: this.#active };
  }

  /** Each step is done on all hosts before the next one begins. */
  async #linear(): Promise<void> {
    for (const [step, shared] of this.#shared) {
      const active = this.#active;
      if (active.length === 0 || this.#mayNotBegin()) return;
      if (!(await this.#begin(step))) continue;
      await Promise.all(active.map((host) => this.#run.forks(() => this.#step(step, host, shared))));
    }
  }

  /** Each host goes through the steps by itself. */
  async #free(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => this.#run.forks(() => this.#freely(host))));
  }

  async #freely(host: HostRun): Promise<void> {
    for (const [step, shared] of this.#shared) {
      if (host.failure || this.#mayNotBegin()) break;
      if (!(await this.#begin(step))) continue;
      await this.#step(step, host, shared);
    }
    // steps that this host does not come to: other hosts may be in them already
    for (const shared of this.#shared.values()) shared.leave(host);
  }

  async #step(step: string, host: HostRun, shared: SharedWork): Promise<void> {
    this.#touched.add(host);
    await runStep(this.#play, step, host, this.#run, shared);
    shared.leave(host);
  }

  /** What still runs in the background is part of the play: its end may notify handlers. */
  async #jobs(): Promise<void> {
    const busy = [...this.#run.hosts].filter((host) => host.jobs.any);
    await Promise.all(busy.map((host) => endJobs(host, this.#run)));
  }

  /**
   * Runs the handlers that changes have notified: also on a host that failed later, and on a host that was delegated
   * to.
   */
  async #handlers(): Promise<void> {
    const waiting = [...this.#run.hosts].filter((host) => !host.lost && this.#hasHandlers(host));
    await Promise.all(waiting.map((host) => this.#run.forks(() => this.#runHandlers(host))));
  }

  #runHandlers(host: HostRun): Promise<void> {
    this.#touched.add(host);
    return runHandlers(this.#play, host, this.#run, this.#runsEarlier(host));
  }

  #hasHandlers(host: HostRun): boolean {
    return host.handlers.size > 0 || (this.#runsEarlier(host) && host.hasPendingHandlers(this.#play.name));
  }

  /**
   * Handlers of earlier runs on a host of another batch run with that batch: services there must not restart with this
   * one.
   */
  #runsEarlier(host: HostRun): boolean {
    return !this.#others.has(host);
  }

  #begin(step: string): Promise<boolean> {
    const begun = this.#begun.get(step) ?? this.#start(step);
    this.#begun.set(step, begun);
    return begun;
  }

  /** @returns false where the user does not want it */
  async #start(step: string): Promise<boolean> {
    const { confirmation, world, emit } = this.#run;
    const hosts = names(this.#active);
    const play = this.#play.name;
    const { isAsking } = confirmation;
    const isWanted = await confirmation.wants({ play, step, hosts });
    if (!isWanted || this.#run.interrupted) return false;
    // who was asked may have done something to hosts before the answer
    if (isAsking) world.absences++;
    emit({ type: "step:start", play, step, hosts, ...this.#place });
    return true;
  }

  /** Whether no host may begin another step. */
  #mayNotBegin(): boolean {
    if (this.#run.interrupted) return true;
    if (!tooManyFailed(this.#failed, this.#hosts.length, this.#play.rolling)) return false;
    this.#cut = true;
    return true;
  }

  get #active(): HostRun[] {
    return this.#hosts.filter((host) => !host.failure);
  }

  get #failed(): number {
    return this.#hosts.length - this.#active.length;
  }
}

function allowed({ rolling }: Play): string {
  if (rolling.anyErrorsFatal) return ", and anyErrorsFatal is set";
  const { maxFailPercentage } = rolling;
  return maxFailPercentage === undefined ? "" : `, more than the ${maxFailPercentage} % of maxFailPercentage`;
}

function names(hosts: readonly HostRun[]): string[] {
  return hosts.map((host) => host.info.name);
}
