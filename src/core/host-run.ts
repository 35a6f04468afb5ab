/** One host during one run: its session, its facts, its owed handlers and how it fares. */
import type { Session } from "../transport/session.ts";
import type { Become } from "../transport/transport.ts";
import type { ShowrunnerError } from "./errors.ts";
import { emptyTotals, type HostSummary, type TaskStatus } from "./events.ts";
import { FactStore } from "./facts.ts";
import { HandlerQueue } from "./handlers.ts";
import type { HostInfo } from "./host.ts";
import type { RunState } from "./run-state.ts";

export class HostRun {
  readonly info: HostInfo;
  readonly session: Session;
  readonly facts: FactStore;
  readonly handlers = new HandlerQueue();
  readonly run: RunState;
  readonly totals = emptyTotals();
  readonly #becomePassword: Become["password"];
  /** Why this host takes no more steps. */
  failure: ShowrunnerError | undefined;

  constructor(info: HostInfo, session: Session, run: RunState, becomePassword: Become["password"]) {
    this.info = info;
    this.session = session;
    this.run = run;
    this.facts = new FactStore(session, run.world);
    this.#becomePassword = becomePassword;
  }

  becomeAs(user: string): Become {
    return { user, password: this.#becomePassword };
  }

  count(status: TaskStatus): void {
    this.totals[status]++;
  }

  get summary(): HostSummary {
    return { ...this.totals, roundTrips: this.session.roundTrips };
  }
}
