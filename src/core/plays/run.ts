/** Runs the plays of a playbook, in order. */
import { setMaxListeners } from "node:events";
import pLimit, { type LimitFunction } from "p-limit";
import { type Duration, milliseconds } from "../../base/duration.ts";
import type { HostInfo, InventoryView } from "../../base/host.ts";
import { Session } from "../../transport/session.ts";
import { Spool } from "../../transport/spool.ts";
import type { RunTask } from "../engine/context.ts";
import { HostRun } from "../engine/host-run.ts";
import type { RunOptions, RunState } from "../engine/run-state.ts";
import { taskRunner } from "../engine/run-task.ts";
import { emitter } from "../events/emitter.ts";
import { ReadHistory } from "../facts/history.ts";
import type { StepName } from "../facts/host-reads.ts";
import { newWorld, type World } from "../facts/world.ts";
import type { RunLeases } from "../lease/host-leases.ts";
import type { Lease, LeaseTerms } from "../lease/lease.ts";
import { leaseHolder } from "../lease/lease-holder.ts";
import { LeaseOrder } from "../lease/lease-order.ts";
import { type Left, leftTexts } from "../lease/pending-text.ts";
import { StepConfirmation } from "./confirm.ts";
import { fetchVars } from "./fetch-vars.ts";
import type { Play } from "./play.ts";
import { runPlay } from "./play-run.ts";
import type { PlayState } from "./play-state.ts";
import type { RunHooks } from "./run-hooks.ts";
import type { RunRequest } from "./run-request.ts";
import { selectPlays } from "./select-plays.ts";
import { type RunSummary, summarise } from "./summary.ts";
import { type PlayHosts, validateVars } from "./vars.ts";

const defaultForks = 20;
/** Enough for what a run that was just killed leaves behind. */
const defaultWait: Duration = "10s";

export type { RunSummary } from "./summary.ts";

/**
 * Runs the plays of a playbook that are chosen. Programs and commands go through `src/run-playbook.ts`, which knows
 * inventories and reporters.
 *
 * @returns how every host fared, once all connections are closed
 * @throws ShowrunnerError `inventory.pattern`, `vars.invalid`, `secret.unavailable` or `usage`, before any host is touched
 */
export async function runPlays(request: RunRequest): Promise<RunSummary> {
  const { playbook, extraVars = {} } = request;
  const plays = selectPlays(request);
  const vars = validateVars(plays, extraVars, playbook.plays);
  await fetchVars(plays, vars, request.signal);
  return new Run(request, plays, vars).run();
}

function isKnown(inventory: InventoryView, name: string): boolean {
  try {
    return inventory.host(name).name === name;
  } catch {
    return false;
  }
}

function hasStep({ name, steps }: Play, { play, step }: StepName): boolean {
  return name === play && steps.includes(step);
}

class Run implements PlayState {
  readonly options: RunOptions;
  readonly inventory: InventoryView;
  readonly givenInventories: readonly string[];
  readonly world: World;
  readonly throttles = new Map<string, LimitFunction>();
  readonly forks: LimitFunction;
  readonly confirmation: StepConfirmation;
  readonly hooks: RunHooks;
  readonly runTask: RunTask;
  readonly signal: AbortSignal | undefined;
  readonly leases: RunLeases;
  readonly emit: RunState["emit"];
  readonly name: string;
  readonly #request: RunRequest;
  readonly #plays: readonly PlayHosts[];
  readonly #vars: ReturnType<typeof validateVars>;
  readonly #hosts = new Map<string, HostRun>();
  readonly #history: ReadHistory | undefined;
  readonly #spool: Spool | undefined;
  readonly #closings = new Map<HostRun, Promise<void>>();
  #lastTask = 0;
  /** The plays that are not over. */
  #ahead: readonly PlayHosts[];

  constructor(request: RunRequest, plays: readonly PlayHosts[], vars: ReturnType<typeof validateVars>) {
    this.name = request.name;
    this.options = { check: request.check ?? false, verify: request.verify ?? false };
    this.world = newWorld(request.check ?? false);
    this.inventory = request.inventory;
    this.givenInventories = request.givenInventories ?? [];
    this.signal = request.signal;
    // every host that waits listens to it
    if (request.signal) setMaxListeners(0, request.signal);
    this.hooks = request.hooks ?? {};
    this.runTask = taskRunner(this.hooks);
    const { forks = defaultForks } = request;
    const terms: LeaseTerms = {
      holder: leaseHolder(request.name),
      wait: milliseconds(request.waitLease ?? defaultWait) / 1000,
      takeOver: request.takeOver ?? false,
    };
    this.leases = { terms, order: new LeaseOrder(terms, forks, () => this.#expectedLeases()) };
    this.emit = emitter(request.subscribers ?? []);
    this.#history =
      request.readHistory === undefined ? undefined : new ReadHistory(request.readHistory, this.world.reads);
    this.#spool = request.outputFolder === undefined ? undefined : new Spool(request.outputFolder);
    this.#request = request;
    this.#plays = plays;
    this.#ahead = plays;
    this.#vars = vars;
    this.confirmation = new StepConfirmation(request.confirmStep, request.signal);
    this.forks = pLimit(forks);
  }

  async run(): Promise<RunSummary> {
    const started = performance.now();
    const { name, inventoryName, purpose, files, signal } = this.#request;
    const names = [...new Set(this.#plays.flatMap(({ hosts }) => hosts.map((host) => host.name)))];
    for (const { hosts } of this.#plays) for (const host of hosts) this.#hostRun(host);
    this.emit({
      type: "run:start",
      playbook: name,
      inventory: inventoryName,
      check: this.options.check === true,
      ...(purpose ? { purpose } : {}),
      ...(files ? { files } : {}),
      hosts: names,
    });
    const cut = () => void this.#closeAll();
    signal?.addEventListener("abort", cut);
    try {
      await this.hooks.onRunStart?.(this);
      await this.#runPlays();
    } finally {
      signal?.removeEventListener("abort", cut);
      await this.#closeAll();
      this.#keepHistory();
    }
    this.#tellPendingHandlers();
    const summary = summarise(this.#hosts, this.signal);
    this.emit({ type: "run:end", ...summary, seconds: (performance.now() - started) / 1000 });
    return summary;
  }

  hostRun(name: string): HostRun {
    return this.#hosts.get(name) ?? this.#hostRun(this.inventory.host(name));
  }

  get hosts(): Iterable<HostRun> {
    return this.#hosts.values();
  }

  get interrupted(): boolean {
    return this.signal?.aborted === true;
  }

  hasPlay(name: string): boolean {
    return this.#request.playbook.plays.some((play) => play.name === name);
  }

  nextTaskId(): number {
    return ++this.#lastTask;
  }

  varsOf(play: Play, host: HostRun): unknown {
    return this.#vars.get(play)?.get(host.info.name);
  }

  #hostRun(info: HostInfo): HostRun {
    const existing = this.#hosts.get(info.name);
    if (existing) return existing;
    const access = this.#request.access(info);
    const host = new HostRun(info, new Session(access.connect, this.#spool?.forHost()), this, access);
    this.#hosts.set(info.name, host);
    const isWanted = (step: StepName) => this.#plays.some(({ play }) => hasStep(play, step));
    host.reads.remember(() => this.#history?.of(info.name, isWanted) ?? []);
    // an interrupted run's other hosts are closed already
    if (this.interrupted) this.#closings.set(host, host.close());
    return host;
  }

  async #runPlays(): Promise<void> {
    for (const [index, { play, hosts }] of this.#plays.entries()) {
      this.#ahead = this.#plays.slice(index);
      const runs = hosts.map((host) => this.hostRun(host.name));
      const stop = await runPlay(play, runs, this);
      if (!stop) continue;
      const { reason, untouched } = stop;
      const plays = this.#plays.slice(index + 1).map((left) => left.play.name);
      // where nothing was left to do, there is nothing to say
      if (stop.cut || untouched.length > 0 || plays.length > 0) {
        this.emit({ type: "run:stopped", play: play.name, reason, untouched, plays });
        this.hooks.onRunStopped?.(play.name, reason);
      }
      return;
    }
    if (!this.interrupted) this.hooks.onRunEnd?.(this);
  }

  /** For the next run: what tasks have read on which host. */
  #keepHistory(): void {
    const history = this.#history;
    if (!history) return;
    const { plays } = this.#request.playbook;
    for (const { info, reads } of this.#hosts.values())
      history.note(info.name, reads.steps, this.options.check === true);
    history.save({
      hasHost: (name) => this.#hosts.has(name) || isKnown(this.inventory, name),
      hasStep: (step) => plays.some((play) => hasStep(play, step)),
    });
  }

  /** The leases of all hosts of the plays that are not over, as the users that these plays' tasks run as. */
  #expectedLeases(): readonly Lease[] {
    const leases = this.#ahead.flatMap(({ play, hosts }) =>
      hosts
        .map(({ name }) => this.hostRun(name))
        .filter(({ failure }) => !failure)
        .flatMap((host) => host.leases?.lease(host.becomeFor(play.become)) ?? []),
    );
    return [...new Set(leases)];
  }

  #tellPendingHandlers(): void {
    for (const { info, handlers, leases } of this.#hosts.values()) {
      const warn = (text: string) => this.emit({ type: "warning", host: info.name, text });
      const kept = leases && !this.options.check ? "; kept on the host for the next run" : "";
      const { labels } = handlers;
      if (labels.length > 0) warn(`pending, and not run: ${labels.join(", ")}${kept}`);
      const stillPending = this.options.check ? [] : (leases?.stillPending ?? []);
      if (stillPending.length > 0) warn(`run, and still pending: ${stillPending.join(", ")}${kept}`);
      if (!leases) continue;
      const left: Left = {
        host: info.name,
        pendingHandlers: leases.left,
        inventories: this.givenInventories,
        isGone: (pending) => leases.earlierHandlers.isGone(pending),
        hasPlaybook: (name) => name === this.#request.name || (this.#request.hasPlaybook?.(name) ?? true),
      };
      for (const text of leftTexts(left)) warn(text);
    }
  }

  /** Also after an interrupt has begun to close them: the run is over only when nothing of it runs any more. */
  async #closeAll(): Promise<void> {
    for (const host of this.#hosts.values())
      if (!this.#closings.has(host)) this.#closings.set(host, host.close());
    await Promise.all(this.#closings.values());
  }
}
