/** One host during one run: its session, its facts, its pending handlers and how it fares. */
import type { LimitFunction } from "p-limit";
import type { ShowrunnerError } from "../../base/errors.ts";
import { isLoss } from "../../base/failure-class.ts";
import type { HostInfo } from "../../base/host.ts";
import type { Session } from "../../transport/session.ts";
import type { Become } from "../../transport/transport.ts";
import { emptyTotals, type HostSummary, type TaskStatus } from "../events/events.ts";
import { FactStore } from "../facts/fact-store.ts";
import { HostReads, type StepName } from "../facts/host-reads.ts";
import { HandlerQueue } from "../lease/handler-queue.ts";
import { HostLeases } from "../lease/host-leases.ts";
import type { RunView } from "../lease/run-view.ts";
import { Jobs } from "./jobs.ts";
import type { RunState } from "./run-state.ts";

/** As which user tasks run on the host, and whether one run at a time may change it. */
interface HostRunSettings {
  /** Whether tasks become somebody else where neither they nor their play say so. Default false. */
  readonly become?: boolean | undefined;
  readonly becomeUser?: string | undefined;
  readonly becomePassword?: Become["password"];
  readonly becomeMethod?: Become["method"];
  readonly lease?: boolean | undefined;
  readonly readsAhead?: boolean | undefined;
}

export class HostRun {
  readonly info: HostInfo;
  readonly session: Session;
  readonly facts: FactStore;
  readonly reads: HostReads;
  readonly handlers = new HandlerQueue();
  readonly jobs = new Jobs();
  /** The turns of changes that the host takes back by itself, by the name of their rollback: one at a time. */
  readonly rollbacks = new Map<string, LimitFunction>();
  readonly run: RunState;
  readonly totals = emptyTotals();
  /** Undefined where the host has no lease: then pending handlers are kept in memory only. */
  readonly leases: HostLeases | undefined;
  readonly #become: HostRunSettings;
  #failure: ShowrunnerError | undefined;

  constructor(info: HostInfo, session: Session, run: RunState, settings: HostRunSettings) {
    this.info = info;
    this.session = session;
    this.run = run;
    this.reads = new HostReads(run.world.reads, settings.readsAhead !== false);
    const { expectations } = this.reads;
    this.facts = new FactStore(session, run.world, (become) => void this.#look(become), expectations);
    this.#become = settings;
    this.leases = settings.lease === false ? undefined : this.#newLeases();
  }

  /** @param user true: the user that the host's settings name, or root */
  becomeAs(user: string | true): Become {
    const { becomeUser = "root", becomePassword, becomeMethod } = this.#become;
    return { user: user === true ? becomeUser : user, password: becomePassword, method: becomeMethod };
  }

  /** @param become what the play says; undefined: what the host's settings say */
  becomeFor(become: boolean | string | undefined): Become | undefined {
    const wanted = become ?? this.#become.become ?? false;
    return wanted === false ? undefined : this.becomeAs(wanted);
  }

  /** Whether handlers are to be run at the end of a play: this run's, or an earlier one's. */
  hasPendingHandlers(play: string): boolean {
    return this.handlers.size > 0 || (this.leases?.earlierHandlers.due(play) ?? []).length > 0;
  }

  /**
   * Ends the shells that the run itself keeps as a user: a shell knows only the groups that its user had when the shell
   * was started, and a user who has processes can't be removed.
   */
  async endShellsOf(user: string): Promise<void> {
    await this.leases?.leave(user);
    await this.session.endShell(user);
  }

  /** The host comes to a step: what was changed elsewhere before that may show on it. */
  begin(step: StepName): void {
    this.reads.begin(step);
    this.facts.meetOthers();
  }

  /**
   * Something may have changed this host or another one that the run does not see: code of a step was at something of
   * its own, or a task has waited.
   */
  strayed(): void {
    this.run.world.absences++;
    this.facts.forgetEarly();
  }

  /** Ends what runs, gives the lease back and closes the connection. Never rejects. */
  close(): Promise<void> {
    this.jobs.abandon("the run is over");
    return this.session.close(async (isIdle) => this.leases?.release(isIdle));
  }

  #newLeases(): HostLeases {
    const { facts, session, run, info } = this;
    const { leases, options } = run;
    const tell = (text: string) => run.emit({ type: "warning", host: info.name, text });
    const { playbook, run: id } = leases.terms.holder;
    const view: RunView = {
      playbook,
      id,
      hasPlay: (name) => run.hasPlay(name),
      check: options.check === true,
      isPending: (id) => this.handlers.has(id),
      becomeAs: (user) => this.becomeAs(user),
      same: (text) => run.world.texts.same(text),
      tell,
    };
    return new HostLeases(facts, session, leases, view);
  }

  /** Its failures are ignored: the facts that are read in the same round trip fail for the same reason. */
  async #look(become: Become | undefined): Promise<void> {
    await this.leases?.lookFirst(become).catch(() => undefined);
  }

  /** Why this host takes no more steps. */
  get failure(): ShowrunnerError | undefined {
    return this.#failure;
  }

  /** Whether it can't be reached any more. */
  get lost(): boolean {
    return this.#failure !== undefined && isLoss(this.#failure.code);
  }

  fail(error: ShowrunnerError): void {
    this.#failure ??= error;
    if (isLoss(error.code)) this.totals.unreachable = 1;
    else this.totals.failed++;
  }

  count(status: Exclude<TaskStatus, "failed"> | "ignored"): void {
    this.totals[status]++;
  }

  get summary(): HostSummary {
    return { ...this.totals, roundTrips: this.session.roundTrips };
  }
}
