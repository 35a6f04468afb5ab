/** Runs a playbook: plays in order, steps as barriers, hosts side by side. */
import pLimit from "p-limit";
import { Session } from "../transport/session.ts";
import type { Become, Connect } from "../transport/transport.ts";
import { type HostContext, withContext } from "./context.ts";
import type { Subscriber } from "./events.ts";
import { asFailure, showError } from "./failure.ts";
import type { HostInfo, InventoryView } from "./host.ts";
import { HostRun } from "./host-run.ts";
import { runOwedHandlers } from "./owed-handlers.ts";
import type { Play, Playbook } from "./play.ts";
import { emitter, type RunOptions, type RunState } from "./run-state.ts";
import { refuseLooseEnds, settled } from "./step-end.ts";
import { type RunSummary, summarise } from "./summary.ts";
import { UnknownValue } from "./unknown.ts";
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

class Run implements RunState {
  readonly options: RunOptions;
  readonly inventory: InventoryView;
  readonly world = { changes: 0 };
  readonly once = new Map<string, Promise<unknown>>();
  readonly signal: AbortSignal | undefined;
  readonly emit: RunState["emit"];
  readonly #request: RunRequest;
  readonly #plays: readonly PlayHosts[];
  readonly #vars: ReturnType<typeof checkVars>;
  readonly #hosts = new Map<string, HostRun>();
  readonly #limit: ReturnType<typeof pLimit>;
  #lastTask = 0;

  constructor(request: RunRequest, plays: readonly PlayHosts[], vars: ReturnType<typeof checkVars>) {
    this.options = { check: request.check ?? false, verify: request.verify ?? false };
    this.inventory = request.inventory;
    this.signal = request.signal;
    this.emit = emitter(request.subscribers ?? []);
    this.#request = request;
    this.#plays = plays;
    this.#vars = vars;
    this.#limit = pLimit(request.forks ?? 20);
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
      for (const { play, hosts } of this.#plays) await this.#runPlay(play, hosts);
    } finally {
      signal?.removeEventListener("abort", cut);
      await this.#closeAll();
    }
    const summary = summarise(this.#hosts, this.#interrupted);
    this.emit({ type: "run:end", ...summary, seconds: (performance.now() - started) / 1000 });
    return summary;
  }

  hostRun(name: string): HostRun {
    return this.#hosts.get(name) ?? this.#hostRun(this.inventory.host(name));
  }

  nextTaskId(): number {
    return ++this.#lastTask;
  }

  #hostRun(info: HostInfo): HostRun {
    const existing = this.#hosts.get(info.name);
    if (existing) return existing;
    const access = this.#request.access(info);
    const host = new HostRun(info, new Session(access.connect), this, access);
    this.#hosts.set(info.name, host);
    return host;
  }

  async #runPlay(play: Play, infos: readonly HostInfo[]): Promise<void> {
    const hosts = infos.map((info) => this.hostRun(info.name));
    if (hosts.length === 0)
      return this.emit({ type: "warning", text: `no hosts for the play "${play.name}": skipped` });
    const names = (some: readonly HostRun[]) => some.map((host) => host.info.name);
    this.emit({ type: "play:start", play: play.name, hosts: names(hosts), steps: play.steps });
    this.once.clear();
    for (const step of play.steps) {
      const active = hosts.filter((host) => !host.failure);
      if (active.length === 0 || this.#interrupted) break;
      this.emit({ type: "step:start", play: play.name, step, hosts: names(active) });
      await Promise.all(active.map((host) => this.#limit(() => this.#runStep(play, step, host))));
    }
    // what was changed owes its handlers: also on a host that failed later, and on one that was delegated to
    const owing = [...this.#hosts.values()].filter((host) => host.handlers.size > 0 && !host.lost);
    await Promise.all(owing.map((host) => this.#limit(() => this.#runHandlers(play, host))));
    this.emit({ type: "play:end", play: play.name });
  }

  get #interrupted(): boolean {
    return this.#request.signal?.aborted === true;
  }

  async #runStep(play: Play, step: string, host: HostRun): Promise<void> {
    if (this.#interrupted) return;
    const { check = false } = this.options;
    const where = { host: host.info.name, play: play.name, step };
    this.emit({ type: "host:step", ...where });
    const context = this.#context(play, step, host);
    const vars = this.#vars.get(play)?.get(host.info.name);
    try {
      await withContext(context, () =>
        play.runStep(step, { vars, host: host.info, inventory: this.inventory, check }),
      );
      await refuseLooseEnds(context);
      this.emit({ type: "host:step:end", ...where });
    } catch (error) {
      await settled(context);
      if (check && error instanceof UnknownValue) {
        // nobody knows what the rest of the step would have done
        host.facts.predict([], ["everything"], true);
        host.count("unknown");
        this.emit({ type: "host:step:end", ...where, unknown: error.message });
      } else this.#fail(host, step, error);
    }
  }

  async #runHandlers(play: Play, host: HostRun): Promise<void> {
    if (this.#interrupted) return;
    const where = { host: host.info.name, play: play.name, step: "handlers" };
    this.emit({ type: "host:step", ...where });
    try {
      await runOwedHandlers(this.#context(play, "handlers", host));
      this.emit({ type: "host:step:end", ...where });
    } catch (error) {
      this.#fail(host, "handlers", error);
    }
  }

  #context(play: Play, step: string, host: HostRun): HostContext {
    const become = play.become ?? this.#request.access(host.info).become ?? false;
    return {
      host,
      play: play.name,
      step,
      roles: [],
      become: become === false ? undefined : host.becomeAs(become),
      owed: new Set(),
      running: new Set(),
      doubt: { read: false },
      onceCounts: new Map(),
    };
  }

  #fail(host: HostRun, step: string, thrown: unknown): void {
    if (this.#interrupted) return;
    const error = asFailure(thrown);
    host.fail(error);
    const type = error.code.startsWith("host.") ? "host:unreachable" : "host:failed";
    this.emit({ type, host: host.info.name, step, error: showError(error) });
  }

  async #closeAll(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.session.close()));
  }
}
