/** Runs a playbook: its plays in order. */
import pLimit, { type LimitFunction } from "p-limit";
import { Session } from "../transport/session.ts";
import type { Become, Connect } from "../transport/transport.ts";
import type { Subscriber } from "./events.ts";
import { asFailure } from "./failure.ts";
import type { HostInfo, InventoryView } from "./host.ts";
import { HostRun } from "./host-run.ts";
import type { Play, Playbook } from "./play.ts";
import { type PlayState, runPlay } from "./play-run.ts";
import { emitter, type RunOptions, type RunState } from "./run-state.ts";
import { type RunSummary, summarise } from "./summary.ts";
import { checkVars, type ExtraVars, type PlayHosts } from "./vars.ts";

/** How the engine gets onto a host, and as whom. */
export interface HostAccess {
  readonly connect: Connect;
  /** Whether tasks run as another user where neither they nor their play say so. Default false. */
  readonly become?: boolean | undefined;
  /** Who that is, also where a play says just `become: true`. Default root. */
  readonly becomeUser?: string | undefined;
  readonly becomePassword?: Become["password"];
}

export interface RunRequest extends RunOptions {
  readonly playbook: Playbook;
  /** How the playbook and the inventory are called in the output. */
  readonly name: string;
  readonly inventoryName: string;
  readonly inventory: InventoryView;
  readonly access: (host: HostInfo) => HostAccess;
  /** A further pattern that hosts must match. */
  readonly limit?: string | undefined;
  readonly extraVars?: ExtraVars;
  /** How many hosts are worked on at a time. Default 20. */
  readonly forks?: number;
  readonly subscribers?: readonly Subscriber[];
  /** Stops the run: running tasks are cut off, and the summary says what was done. */
  readonly signal?: AbortSignal;
}

export type { RunSummary } from "./summary.ts";

/**
 * Runs a playbook on an inventory.
 *
 * @returns how every host fared, once all connections are closed
 * @throws ShowrunnerError `inventory.pattern` or `vars.invalid`, before any host is touched
 */
export async function runPlaybook(request: RunRequest): Promise<RunSummary> {
  const { playbook, inventory, limit, extraVars = {} } = request;
  const plays = selectHosts(playbook.plays, inventory, limit);
  const vars = checkVars(plays, extraVars);
  return new Run(request, plays, vars).run();
}

/**
 * Each play's hosts. An empty match is an error, but for two cases: a group that the inventory declares with no
 * hosts, and a limit that is about other plays.
 */
function selectHosts(
  plays: readonly Play[],
  inventory: InventoryView,
  limit: string | undefined,
): PlayHosts[] {
  const selected = plays.map((play) => {
    if (limit !== undefined)
      return { play, hosts: inventory.select(play.hosts, { limit, allowEmpty: true }) };
    const declaredEmpty = inventory.groups.has(play.hosts) && inventory.group(play.hosts).length === 0;
    return { play, hosts: declaredEmpty ? [] : selectFor(play, inventory) };
  });
  const [first] = plays;
  if (first && selected.every(({ hosts }) => hosts.length === 0))
    inventory.select(first.hosts, limit === undefined ? {} : { limit }); // says why there is none
  return selected;
}

/** @throws ShowrunnerError `inventory.pattern` with the play's line */
function selectFor(play: Play, inventory: InventoryView): readonly HostInfo[] {
  try {
    return inventory.select(play.hosts);
  } catch (error) {
    throw asFailure(error).at(play.location);
  }
}

class Run implements PlayState {
  readonly options: RunOptions;
  readonly inventory: InventoryView;
  readonly world = { changes: 0 };
  readonly once = new Map<string, Promise<unknown>>();
  readonly throttles = new Map<string, LimitFunction>();
  readonly forks: LimitFunction;
  readonly signal: AbortSignal | undefined;
  readonly emit: RunState["emit"];
  readonly #request: RunRequest;
  readonly #plays: readonly PlayHosts[];
  readonly #vars: ReturnType<typeof checkVars>;
  readonly #hosts = new Map<string, HostRun>();
  #lastTask = 0;

  constructor(request: RunRequest, plays: readonly PlayHosts[], vars: ReturnType<typeof checkVars>) {
    this.options = { check: request.check ?? false, verify: request.verify ?? false };
    this.inventory = request.inventory;
    this.signal = request.signal;
    this.emit = emitter(request.subscribers ?? []);
    this.#request = request;
    this.#plays = plays;
    this.#vars = vars;
    this.forks = pLimit(request.forks ?? 20);
  }

  async run(): Promise<RunSummary> {
    const started = performance.now();
    const { name, inventoryName, signal } = this.#request;
    const names = [...new Set(this.#plays.flatMap(({ hosts }) => hosts.map((host) => host.name)))];
    for (const { hosts } of this.#plays) for (const host of hosts) this.#hostRun(host);
    this.emit({
      type: "run:start",
      playbook: name,
      inventory: inventoryName,
      check: this.options.check === true,
      hosts: names,
    });
    const cut = () => void this.#closeAll();
    signal?.addEventListener("abort", cut);
    try {
      await this.#runPlays();
    } finally {
      signal?.removeEventListener("abort", cut);
      await this.#closeAll();
    }
    const summary = summarise(this.#hosts, this.interrupted);
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

  nextTaskId(): number {
    return ++this.#lastTask;
  }

  varsOf(play: Play, host: HostRun): unknown {
    return this.#vars.get(play)?.get(host.info.name);
  }

  becomeOf(host: HostRun): boolean | string {
    return this.#request.access(host.info).become ?? false;
  }

  #hostRun(info: HostInfo): HostRun {
    const existing = this.#hosts.get(info.name);
    if (existing) return existing;
    const access = this.#request.access(info);
    const host = new HostRun(info, new Session(access.connect), this, access);
    this.#hosts.set(info.name, host);
    return host;
  }

  async #runPlays(): Promise<void> {
    for (const [index, { play, hosts }] of this.#plays.entries()) {
      const runs = hosts.map((host) => this.hostRun(host.name));
      const stop = await runPlay(play, runs, this);
      if (!stop) continue;
      const { reason, untouched } = stop;
      const plays = this.#plays.slice(index + 1).map((left) => left.play.name);
      // where nothing was left to do, there is nothing to say
      if (stop.cut || untouched.length > 0 || plays.length > 0)
        this.emit({ type: "run:stopped", play: play.name, reason, untouched, plays });
      return;
    }
  }

  async #closeAll(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.session.close()));
  }
}
